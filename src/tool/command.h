/*
 * tool/command.h - the command as a whole: which sub-commands there are, and
 * what is set up before any of them runs.
 */
#ifndef TOOL_COMMAND_H
#define TOOL_COMMAND_H

/* command_init - name the report formats to conf, so that `format=` is read as
 * the library reads it. */
void command_init(void);

/* command_formats - those names, "text|json|...". */
const char *command_formats(void);

#endif
