/*
 * os/vdso.h - functions that the kernel maps into every process.
 *
 * For os/ itself.   Thread: any.   Signal: yes.   Locks: none.
 */
#ifndef OS_VDSO_H
#define OS_VDSO_H

/* vdso_find - the address of function `name` in the vDSO, or NULL if there is
 * no vDSO or no such function. Walks its symbols: a caller keeps the answer. */
void *vdso_find(const char *name);

#endif
