/*
 * tool/plot.h - a watched process's memory over time, as a picture (SVG).
 */
#ifndef TOOL_PLOT_H
#define TOOL_PLOT_H

#include <stdio.h>

#include "tool/gauge.h"

/* plot_write - one self-contained SVG document: RSS, the program's own memory
 * and pages of files, with a legend and the verdict; light and dark. */
void plot_write(FILE *out, const struct gauge *gauge);

#endif
