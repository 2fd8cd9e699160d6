/*
 * tool/pages.h - the manual page and the completions, made of the tables of
 * commands.def.
 *
 * The files in doc/ are what these functions write; tests/tool/pages.sh says
 * so, and how to renew them.
 */
#ifndef TOOL_PAGES_H
#define TOOL_PAGES_H

#include <stdio.h>

/* pages_man - dbgmalloc(1), for man. */
void pages_man(FILE *out);

/* pages_bash, pages_zsh, pages_fish - completion for that shell. Options,
 * presets and formats are asked of the command when they are completed, so
 * those of .dbgmallocrc and of a newer library are known. */
void pages_bash(FILE *out);
void pages_zsh(FILE *out);
void pages_fish(FILE *out);

#endif
