/*
 * dwarf/frame.c - the unwind table of a module: which entry is for a pc.
 */
#include "dwarf/frame.h"

#include <errno.h>

/* DW_EH_PE_*: the low half is the form, the high half what it is added to. */
enum {
    PE_ABSPTR = 0x00,
    PE_ULEB128 = 0x01,
    PE_UDATA2 = 0x02,
    PE_UDATA4 = 0x03,
    PE_UDATA8 = 0x04,
    PE_SLEB128 = 0x09,
    PE_SDATA2 = 0x0a,
    PE_SDATA4 = 0x0b,
    PE_SDATA8 = 0x0c,
    PE_FORM_MASK = 0x0f,
    PE_PCREL = 0x10,
    PE_DATAREL = 0x30,
    PE_BASE_MASK = 0x70,
    PE_OMIT = 0xff
};

/* Sorted pairs of 32-bit offsets from the header: what every linker makes. */
#define SEARCH_ENCODING (PE_DATAREL | PE_SDATA4)
#define SEARCH_ENTRY_SIZE 8

uint64_t
frame_pointer(struct cursor *c, uint8_t encoding, uint64_t field_addr,
              uint64_t data_addr)
{
    uint64_t value;

    switch (encoding & PE_FORM_MASK) {
    case PE_ABSPTR:
    case PE_UDATA8:
    case PE_SDATA8:
        value = cursor_u64(c);
        break;
    case PE_ULEB128:
        value = cursor_uleb(c);
        break;
    case PE_SLEB128:
        value = (uint64_t)cursor_sleb(c);
        break;
    case PE_UDATA2:
        value = cursor_u16(c);
        break;
    case PE_UDATA4:
        value = cursor_u32(c);
        break;
    case PE_SDATA2:
        value = (uint64_t)cursor_signed(c, 2);
        break;
    case PE_SDATA4:
        value = (uint64_t)cursor_signed(c, 4);
        break;
    default:
        cursor_fail(c);
        return 0;
    }
    switch (encoding & PE_BASE_MASK) {
    case 0:
        return value;
    case PE_PCREL:
        return value == 0 ? 0 : value + field_addr;
    case PE_DATAREL:
        return value + data_addr;
    default: /* Text- and function-relative: no compiler makes them. */
        cursor_fail(c);
        return 0;
    }
}

/* A cursor at address `at`; failed if that is outside. */
static struct cursor
cursor_to(const struct frame_table *table, uint64_t at)
{
    return cursor_of(table->bytes, table->size, at - table->addr);
}

static uint64_t
addr_of(const struct frame_table *table, const struct cursor *c)
{
    return table->addr + (uint64_t)(c->at - table->bytes);
}

static uint64_t
read_pointer(const struct frame_table *table, struct cursor *c,
             uint8_t encoding)
{
    return frame_pointer(c, encoding, addr_of(table, c), table->header_addr);
}

int
frame_open_raw(const void *bytes, size_t size, uint64_t addr,
               uint64_t frames_addr, struct frame_table *out_table)
{
    if (frames_addr - addr >= size)
        return -EINVAL;
    *out_table = (struct frame_table){.bytes = bytes,
                                      .size = size,
                                      .addr = addr,
                                      .header_addr = frames_addr,
                                      .frames_addr = frames_addr};
    return 0;
}

int
frame_open(const void *bytes, size_t size, uint64_t addr, uint64_t header_addr,
           struct frame_table *out_table)
{
    struct frame_table table = {.bytes = bytes,
                                .size = size,
                                .addr = addr,
                                .header_addr = header_addr};
    struct cursor c = cursor_to(&table, header_addr);
    uint8_t version = cursor_u8(&c);
    uint8_t frames_encoding = cursor_u8(&c);
    uint8_t count_encoding = cursor_u8(&c);
    uint8_t search_encoding = cursor_u8(&c);
    uint64_t count;

    if (c.failed || version != 1 || frames_encoding == PE_OMIT)
        return -EINVAL;
    table.frames_addr = read_pointer(&table, &c, frames_encoding);
    if (c.failed || table.frames_addr - addr >= size)
        return -EINVAL;
    if (count_encoding != PE_OMIT && search_encoding == SEARCH_ENCODING) {
        count = read_pointer(&table, &c, count_encoding);
        if (c.failed || count > cursor_left(&c) / SEARCH_ENTRY_SIZE)
            return -EINVAL;
        table.search_offset = (uint64_t)(c.at - table.bytes);
        table.search_count = count;
    }
    *out_table = table;
    return 0;
}

/* The augmentation's letters and data, after the return register. */
static void
read_augmentation(const struct frame_table *table, struct cursor *c,
                  const char *letters, struct frame_entry *entry)
{
    struct cursor data = *c;
    uint64_t size = cursor_uleb(&data);

    cursor_limit(&data, size);
    *c = data;
    for (letters++; *letters != 0 && !data.failed; letters++) {
        switch (*letters) {
        case 'R':
            entry->pointer_encoding = cursor_u8(&data);
            break;
        case 'P': { /* the language's personality: read past it */
            uint8_t encoding = cursor_u8(&data);

            (void)read_pointer(table, &data, encoding);
            break;
        }
        case 'L':
            (void)cursor_u8(&data);
            break;
        case 'S':
            entry->is_signal = true;
            break;
        case 'B':
            entry->has_b_key = true;
            break;
        case 'G': /* aarch64: memory tagging; changes nothing here */
            break;
        default: /* Unknown, but its size is known: the rest is skipped. */
            letters += strlen(letters) - 1;
        }
    }
    c->failed |= data.failed;
    cursor_skip(c, size <= cursor_left(c) ? size : UINT64_MAX);
}

/* The common part at `at`. */
static int
read_common(const struct frame_table *table, uint64_t at,
            struct frame_entry *entry, bool *out_has_data)
{
    struct cursor c = cursor_to(table, at);
    bool is_64;
    uint64_t length = cursor_length(&c, &is_64);
    const char *letters;
    uint8_t version;

    cursor_limit(&c, length);
    if (c.failed || cursor_word(&c, is_64) != 0)
        return -EINVAL;
    version = cursor_u8(&c);
    letters = cursor_text(&c);
    if (c.failed || (version != 1 && version != 3 && version != 4))
        return -EINVAL;
    if (letters[0] == 'e' && letters[1] == 'h' && letters[2] == 0)
        return -ENOTSUP; /* gcc 2 */
    if (version == 4 && (cursor_u8(&c) != sizeof(uint64_t) ||
                         cursor_u8(&c) != 0))
        return -ENOTSUP;
    entry->code_align = cursor_uleb(&c);
    entry->data_align = cursor_sleb(&c);
    entry->return_register =
        (uint32_t)(version == 1 ? cursor_u8(&c) : cursor_uleb(&c));
    *out_has_data = letters[0] == 'z';
    if (*out_has_data) {
        const unsigned char *end = c.end;

        read_augmentation(table, &c, letters, entry);
        if (c.failed)
            return -EINVAL;
        c.end = end;
    } else if (letters[0] != 0) {
        return -ENOTSUP;
    }
    entry->common =
        (struct cursor_bytes){.bytes = c.at, .size = cursor_left(&c)};
    entry->common_addr = addr_of(table, &c);
    return c.failed ? -EINVAL : 0;
}

/*
 * The entry at `at`. *out_next is what follows it, 0 at the end of the table.
 * Returns 1 for a common part, 0 for an entry, or -errno.
 */
static int
read_entry(const struct frame_table *table, uint64_t at,
           struct frame_entry *entry, uint64_t *out_next)
{
    struct cursor c = cursor_to(table, at);
    bool is_64;
    bool has_data;
    uint64_t length = cursor_length(&c, &is_64);
    uint64_t id_addr = addr_of(table, &c);
    uint64_t id;
    int error;

    *out_next = 0;
    if (c.failed || length == 0)
        return c.failed ? -EINVAL : -ENOENT;
    cursor_limit(&c, length);
    if (c.failed)
        return -EINVAL;
    *out_next = id_addr + length;
    id = cursor_word(&c, is_64);
    if (c.failed)
        return -EINVAL;
    if (id == 0)
        return 1;
    *entry = (struct frame_entry){.pointer_encoding = PE_ABSPTR};
    error = read_common(table, id_addr - id, entry, &has_data);
    if (error != 0)
        return error;
    entry->start = read_pointer(table, &c, entry->pointer_encoding);
    entry->end =
        entry->start +
        frame_pointer(&c, entry->pointer_encoding & PE_FORM_MASK, 0, 0);
    if (has_data)
        cursor_skip(&c, cursor_uleb(&c));
    entry->instructions =
        (struct cursor_bytes){.bytes = c.at, .size = cursor_left(&c)};
    entry->instructions_addr = addr_of(table, &c);
    return c.failed || entry->end < entry->start ? -EINVAL : 0;
}

/* Read .eh_frame from its start. */
static int
find_by_reading(const struct frame_table *table, uint64_t pc,
                struct frame_entry *out_entry)
{
    uint64_t at = table->frames_addr;

    while (at != 0) {
        struct frame_entry entry;
        uint64_t next;
        int kind = read_entry(table, at, &entry, &next);

        if (kind == 0 && pc - entry.start < entry.end - entry.start) {
            *out_entry = entry;
            return 0;
        }
        if (kind < 0 && next == 0)
            return kind;
        at = next;
    }
    return -ENOENT;
}

/* Pair `i` of the search table: where its code starts, where its entry is. */
static void
read_pair(const struct frame_table *table, uint64_t i, uint64_t *out_start,
          uint64_t *out_entry)
{
    int32_t pair[2];

    memcpy(pair,
           table->bytes + table->search_offset + i * SEARCH_ENTRY_SIZE,
           sizeof pair);
    *out_start = table->header_addr + (uint64_t)(int64_t)pair[0];
    *out_entry = table->header_addr + (uint64_t)(int64_t)pair[1];
}

int
frame_find(const struct frame_table *table, uint64_t pc,
           struct frame_entry *out_entry)
{
    struct frame_entry entry;
    uint64_t low = 0;
    uint64_t high = table->search_count;
    uint64_t start;
    uint64_t at;
    uint64_t next;
    int kind;

    if (table->search_count == 0)
        return find_by_reading(table, pc, out_entry);
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        read_pair(table, middle, &start, &at);
        if (start <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return -ENOENT;
    read_pair(table, low - 1, &start, &at);
    kind = read_entry(table, at, &entry, &next);
    if (kind != 0)
        return kind < 0 ? kind : -EINVAL;
    if (pc - entry.start >= entry.end - entry.start)
        return -ENOENT;
    *out_entry = entry;
    return 0;
}
