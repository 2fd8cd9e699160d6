/*
 * tool/redraw.h - a table that is drawn again and again on a terminal.
 *
 * Each picture is drawn over the one before, line by line, so that nothing
 * flickers; what does not fit is cut.
 */
#ifndef TOOL_REDRAW_H
#define TOOL_REDRAW_H

#include <stdio.h>

/* redraw_begin - a new picture: from the upper left corner on. */
void redraw_begin(FILE *out);

/*
 * redraw_table - a table of the library's (format=table): each line is cut at
 * the terminal's width, at most `rows` of them are shown, and a verdict that
 * should worry somebody is coloured.
 */
void redraw_table(FILE *out, const char *text, unsigned rows);

/* redraw_note - a dim line, cut too. */
void redraw_note(FILE *out, const char *text);

/* redraw_end - nothing of the picture before is left. */
void redraw_end(FILE *out);

#endif
