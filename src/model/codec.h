/*
 * model/codec.h - the file form of a snapshot (doc/snapshot-format.md).
 *
 * A file is whole in itself: the modules with their build-ids, the stacks, the
 * names where they were looked up, the counts and the findings. It is versioned
 * twice over: a reader refuses a file whose major version it does not know, and
 * skips sections, and fields at the end of records, that were added later.
 *
 * Invariant: no bytes make codec_decode read outside of them, fail to come
 * back, or take more memory than a bounded multiple of their number.
 */
#ifndef MODEL_CODEC_H
#define MODEL_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "meta/buffer.h"
#include "model/snapshot.h"

/* A trace of a file has no more frames than this. */
#define CODEC_FRAMES_MAX 1024u

/*
 * codec_encode - append the file form of `snapshot` to `out`.
 *
 * Where `frames` is empty it is filled (snapshot_list_frames), unnamed.
 * Returns 0 or -ENOMEM.   Thread: owner.   Signal: no.   Cost: O(n log n) in
 * the number of traces.
 */
int MUST_CHECK codec_encode(struct snapshot *snapshot, struct buffer *out);

/*
 * codec_decode - fill `out_snapshot`, which the caller gives to snapshot_fini
 * in any case, from the `n` bytes of a file. It keeps no pointer to them.
 *
 * Returns NULL, or what is wrong with the file, as the end of a sentence ("it
 * is cut short").   Thread: any.   Signal: no.
 */
const char *MUST_CHECK codec_decode(const void *bytes, size_t n,
                                    struct snapshot *out_snapshot);

/* codec_is_snapshot - true if the `n` bytes begin as such a file does. */
bool codec_is_snapshot(const void *bytes, size_t n);

/* codec_set_sums - whether codec_decode verifies checksums (it does); a fuzzer
 * would get nowhere.   Thread: one at a time. */
void codec_set_sums(bool on);

#endif
