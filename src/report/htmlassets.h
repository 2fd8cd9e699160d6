/*
 * report/htmlassets.h - the style and the script of the page, as bytes.
 *
 * Made of src/report/html/ by the build. A NUL follows each, not counted.
 */
#ifndef REPORT_HTMLASSETS_H
#define REPORT_HTMLASSETS_H

#include <stddef.h>

#include "base/attr.h"

HIDDEN extern const unsigned char htmlassets_style[];
HIDDEN extern const size_t htmlassets_style_size;
HIDDEN extern const unsigned char htmlassets_script[];
HIDDEN extern const size_t htmlassets_script_size;

#endif
