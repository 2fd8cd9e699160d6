/*
 * tool/pages.c - the manual page and the completions.
 */
#include "tool/pages.h"

#include <stdlib.h>
#include <string.h>

#include "report/report.h"
#include "tool/command.h"
#include "tool/tool.h"

/* --- troff --- */

static void
put_troff(FILE *out, const char *text)
{
    /* At the start of a line these would be a request. */
    if (*text == '.' || *text == '\'')
        fputs("\\&", out);
    for (; *text != '\0'; text++) {
        if (*text == '-')
            fputs("\\-", out);
        else if (*text == '\\')
            fputs("\\e", out);
        else
            fputc(*text, out);
    }
}

/* Paragraphs, each ended by a newline. */
static void
put_paragraphs(FILE *out, const char *text)
{
    while (*text != '\0') {
        size_t n = strcspn(text, "\n");
        char *one = tool_text("%.*s", (int)n, text);

        fputs(".PP\n", out);
        put_troff(out, one);
        fputc('\n', out);
        free(one);
        text += n + (text[n] == '\n');
    }
}

static void
put_man_options(FILE *out, const struct tool_command *command)
{
    for (const struct tool_option *o = command->options;
         o != NULL && o->name != NULL; o++) {
        fputs(".TP\n", out);
        if (o->id < 256)
            fprintf(out, "\\fB\\-%c\\fR, ", o->id);
        fputs("\\fB\\-\\-", out);
        put_troff(out, o->name);
        fputs("\\fR", out);
        if (o->arg != NULL) {
            fputs("=\\fI", out);
            put_troff(out, o->choices != NULL ? o->choices : o->arg);
            fputs("\\fR", out);
        }
        fputc('\n', out);
        put_troff(out, o->help);
        fputs(".\n", out);
    }
}

static void
put_man_command(FILE *out, const struct tool_command *command)
{
    fputs(".SS ", out);
    put_troff(out, command->name);
    fputs("\n\\fBdbgmalloc ", out);
    put_troff(out, command->name);
    fputs("\\fR", out);
    if (command->options != NULL)
        fputs(" [\\fIOPTION\\fR]...", out);
    fputc(' ', out);
    put_troff(out, command->operands);
    fputc('\n', out);
    put_paragraphs(out, command->about);
    put_man_options(out, command);
    fputs(".PP\nExamples:\n", out);
    for (const struct tool_example *e = command->examples; e->command != NULL;
         e++) {
        fputs(".TP\n\\fB", out);
        put_troff(out, e->command);
        fputs("\\fR\n", out);
        put_troff(out, e->does);
        fputs(".\n", out);
    }
    if (command->exits == NULL)
        return;
    fputs(".PP\nExit status:\n", out);
    for (const struct tool_exit *e = command->exits; e->means != NULL; e++) {
        fprintf(out, ".TP\n%d\n", e->status);
        put_troff(out, e->means);
        fputs(".\n", out);
    }
}

/* What can be done with each format, beside what formats.def says of it. */
static const char *const format_uses[REPORT__FORMAT_COUNT] = {
    [REPORT_TEXT] =
        "Findings in full, leaks by stack with the verdict on each, "
        "statistics.",
    [REPORT_TABLE] =
        "For a screen: the verdict on each stack, how much of it is lost and "
        "how much lives, how fast it grows, and who made it.",
    [REPORT_JSON] = "For jq and the like; all stacks, none cut short.",
    [REPORT_HTML] =
        "Open it in a browser, from a disk or a server; it loads nothing. The "
        "verdicts stand first. In the graph a click or Enter zooms in, Escape "
        "out, arrows move, / searches; callers stand above what they call. A "
        "row of the table opens its stack, with lines of the sources where "
        "they could be read when the page was made.",
    [REPORT_FOLDED] =
        "One line for each stack, outermost function first, and a "
        "number, which --value chooses.",
    [REPORT_PPROF] = "Packed by gzip, with the four values of Go's heap "
                     "profiles (alloc_objects, alloc_space, inuse_objects, "
                     "inuse_space): go tool pprof app.pb.gz.",
    [REPORT_MASSIF] = "Live bytes over time, and the tree of the last instant: "
                      "ms_print massif.out.",
    [REPORT_OPENMETRICS] =
        "Counters and gauges: give it to the textfile collector of "
        "node_exporter, under a name that ends with .prom.",
};

static void
put_man_formats(FILE *out)
{
    fputs(".SH FORMATS\nA report has one of these forms, by the option "
          "\\fBformat\\fR of the library, or \\fBdbgmalloc report\\fR and "
          "\\fBdbgmalloc run\\fR with \\fB\\-\\-format\\fR. A snapshot, "
          "which the option \\fBdump\\fR writes, has all of them in it.\n",
          out);
    for (unsigned i = 0; i < REPORT__FORMAT_COUNT; i++) {
        enum report_format format = (enum report_format)i;

        fprintf(out, ".TP\n\\fB%s\\fR\n", report_format_key(format));
        put_troff(out, report_format_help(format));
        fputs(".\n", out);
        put_troff(out, format_uses[i]);
        fputc('\n', out);
    }
}

static void
put_man_attaching(FILE *out)
{
    fputs(
        ".SH ATTACHING\n"
        "\\fBdbgmalloc attach\\fR puts the library into a process that runs. "
        "Its memory stays that of the allocator that it has (as with the "
        "option \\fBheap=libc\\fR): the library sees each block that is made "
        "and freed pass by, and keeps its size, its stack and its time; it "
        "puts no fence around it, fills nothing and holds nothing back. So "
        "leaks and growth are told, and wrong frees of blocks that were seen; "
        "writes past the end are not, nor is anything of blocks that were made "
        "before.\n.PP\n"
        "A program that is to be watched so from its start gets "
        "\\fBDBGMALLOC_OPTS=heap=libc\\fR with \\fBLD_PRELOAD\\fR, or "
        "\\fBdbgmalloc run \\-o heap=libc\\fR: for one that has an allocator "
        "of its own (jemalloc, tcmalloc) that is to stay.\n.PP\n"
        "At the end all is put back. Where the command was killed, the library "
        "notices and does so by itself; where it could not "
        "(\\fBkill \\-9\\fR while the process stood still), "
        "\\fBdbgmalloc attach \\-\\-recover\\fR \\fIPID\\fR does it "
        "later.\n",
        out);
}

void
pages_man(FILE *out)
{
    const struct tool_command *command;

    fputs(
        ".\\\" Made by \"dbgmalloc help --man\" of the tables in src/tool.\n"
        ".TH DBGMALLOC 1 \"\" \"dbgmalloc\" \"User Commands\"\n.SH NAME\n"
        "dbgmalloc \\- does a program's memory grow, and which line of code "
        "is to blame?\n.SH SYNOPSIS\n\\fBdbgmalloc\\fR \\fICOMMAND\\fR "
        "[\\fIOPTION\\fR]... [\\fIARG\\fR]...\n.br\n\\fBdbgmalloc help\\fR "
        "[\\fICOMMAND\\fR]\n.br\n\\fBdbgmalloc \\-\\-version\\fR\n"
        ".SH DESCRIPTION\nThe command that belongs to libdbgmalloc, a "
        "debugging allocator. It runs programs under the library, watches "
        "the memory of running ones, and reads the library's reports. Programs "
        "need not be recompiled.\n.SH COMMANDS\n",
        out);
    for (size_t i = 0; (command = tool_command_at(i)) != NULL; i++)
        put_man_command(out, command);
    put_man_formats(out);
    put_man_attaching(out);
    fputs(".SH EXIT STATUS\nUnless a command says otherwise:\n.TP\n0\nDone; "
          "where something was asked, the good answer.\n.TP\n1\nDone, and the "
          "answer is the bad one.\n.TP\n2\nThe command line is wrong.\n.TP\n3\n"
          "Done, and there is no answer yet.\n.TP\n4\nIt could not be done.\n"
          ".SH ENVIRONMENT\n.TP\n\\fBDBGMALLOC_OPTS\\fR\nOptions for the "
          "library; see dbgmalloc\\-options(7).\n.TP\n\\fBDBGMALLOC_LIB\\fR\n"
          "The libdbgmalloc.so to use, where it is not the installed one.\n"
          ".TP\n\\fBNO_COLOR\\fR\nWhere it is set and not empty, nothing is "
          "coloured; nor is what does not go to a terminal.\n.SH SEE ALSO\n"
          "dbgmalloc(3), dbgmalloc\\-options(7), ld.so(8), proc(5)\n",
          out);
}

/* --- what a word is, for each shell --- */

/* A shell command that prints the words, or NULL where they are none of ours.
 * In bash and fish alike. */
static const char *
words_of(enum tool_word word)
{
    switch (word) {
    case TOOL_WORD_OPTS:
        return "dbgmalloc options --names; dbgmalloc presets --names";
    case TOOL_WORD_PRESET:
        return "dbgmalloc presets --names";
    case TOOL_WORD_PROCESS:
        return "ps -eo pid=,comm= | tr -s ' ' '\\n'";
    case TOOL_WORD_COMMAND:
        return "dbgmalloc help --names";
    case TOOL_WORD_FORMAT:
        return "dbgmalloc help --formats";
    default:
        return NULL;
    }
}

/* "text|json" as words. */
static void
put_choices(FILE *out, const char *choices)
{
    for (; *choices != '\0'; choices++)
        fputc(*choices == '|' ? ' ' : *choices, out);
}

/* --- bash --- */

static void
put_bash_words(FILE *out, enum tool_word word, const char *choices)
{
    if (choices != NULL) {
        fputs("COMPREPLY=($(compgen -W '", out);
        put_choices(out, choices);
        fputs("' -- \"$cur\"))", out);
    } else if (word == TOOL_WORD_OPTS) {
        /* The last of a comma list is completed. */
        fprintf(out,
                "local done=; [[ $cur == *,* ]] && done=${cur%%,*},; "
                "compopt -o nospace; COMPREPLY=($(compgen -P \"$done\" -W "
                "\"$(%s)\" -- \"${cur##*,}\"))",
                words_of(word));
    } else if (words_of(word) != NULL) {
        fprintf(out, "COMPREPLY=($(compgen -W \"$(%s)\" -- \"$cur\"))",
                words_of(word));
    } else if (word == TOOL_WORD_DIRECTORY) {
        fputs("COMPREPLY=($(compgen -d -- \"$cur\"))", out);
    } else if (word == TOOL_WORD_PROGRAM) {
        fputs("COMPREPLY=($(compgen -c -f -- \"$cur\"))", out);
    } else if (word == TOOL_WORD_FILE) {
        fputs("compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\"))",
              out);
    } else {
        fputs(":", out);
    }
}

static void
put_bash_command(FILE *out, const struct tool_command *command)
{
    fprintf(out, "    %s)\n        case $prev in\n", command->name);
    for (const struct tool_option *o = command->options;
         o != NULL && o->name != NULL; o++) {
        if (o->arg == NULL)
            continue;
        fprintf(out, "        --%s", o->name);
        if (o->id < 256)
            fprintf(out, " | -%c", o->id);
        fputs(")\n            ", out);
        put_bash_words(out, o->word, o->choices);
        fputs("\n            return\n            ;;\n", out);
    }
    fputs("        esac\n        if [[ $cur == -* ]]; then\n"
          "            COMPREPLY=($(compgen -W '--help",
          out);
    for (const struct tool_option *o = command->options;
         o != NULL && o->name != NULL; o++)
        fprintf(out, " --%s", o->name);
    fputs("' -- \"$cur\"))\n        else\n            ", out);
    put_bash_words(out, command->word, command->choices);
    fputs("\n        fi\n        ;;\n", out);
}

void
pages_bash(FILE *out)
{
    const struct tool_command *command;

    fputs("# bash completion for dbgmalloc, made by \"dbgmalloc completion "
          "bash\"\n\n_dbgmalloc()\n{\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} "
          "prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
          "    # --option=VALUE comes as three words.\n"
          "    if [[ $cur == = ]]; then\n        cur=\n"
          "    elif [[ $prev == = ]]; then\n"
          "        prev=${COMP_WORDS[COMP_CWORD - 2]}\n    fi\n"
          "    COMPREPLY=()\n    if ((COMP_CWORD == 1)); then\n"
          "        COMPREPLY=($(compgen -W '--help --version",
          out);
    for (size_t i = 0; (command = tool_command_at(i)) != NULL; i++)
        fprintf(out, " %s", command->name);
    fputs("' -- \"$cur\"))\n        return\n    fi\n"
          "    case ${COMP_WORDS[1]} in\n",
          out);
    for (size_t i = 0; (command = tool_command_at(i)) != NULL; i++)
        put_bash_command(out, command);
    fputs("    esac\n}\ncomplete -F _dbgmalloc dbgmalloc\n", out);
}

/* --- zsh --- */

/* Text in a specification of _arguments, in single quotes. */
static void
put_zsh_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else if (strchr("[]:\\", *text) != NULL)
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
    }
}

static void
put_zsh_action(FILE *out, enum tool_word word, const char *choices)
{
    if (choices != NULL) {
        fputc('(', out);
        put_choices(out, choices);
        fputc(')', out);
    } else if (word == TOOL_WORD_OPTS) {
        fprintf(out, "_sequence -s , compadd - $(%s)", words_of(word));
    } else if (word == TOOL_WORD_PROCESS) {
        fputs("_pids", out);
    } else if (words_of(word) != NULL) {
        fprintf(out, "compadd - $(%s)", words_of(word));
    } else if (word == TOOL_WORD_DIRECTORY) {
        fputs("_files -/", out);
    } else if (word == TOOL_WORD_PROGRAM) {
        fputs("_normal", out);
    } else if (word == TOOL_WORD_FILE) {
        fputs("_files", out);
    }
}

void
pages_zsh(FILE *out)
{
    const struct tool_command *command;

    fputs("#compdef dbgmalloc\n# made by \"dbgmalloc completion zsh\"\n\n"
          "local -a commands=(\n",
          out);
    for (size_t i = 0; (command = tool_command_at(i)) != NULL; i++) {
        fprintf(out, "    '%s:", command->name);
        put_zsh_text(out, command->summary);
        fputs("'\n", out);
    }
    fputs(")\nif ((CURRENT == 2)); then\n    _describe command commands\n"
          "    return\nfi\nlocal command=$words[2]\nshift words\n"
          "((CURRENT--))\ncase $command in\n",
          out);
    for (size_t i = 0; (command = tool_command_at(i)) != NULL; i++) {
        fprintf(out, "%s)\n    _arguments \\\n", command->name);
        for (const struct tool_option *o = command->options;
             o != NULL && o->name != NULL; o++) {
            for (int is_letter = 0; is_letter < 2; is_letter++) {
                if (is_letter && o->id > 255)
                    continue;
                if (is_letter)
                    fprintf(out, "        '-%c[", o->id);
                else
                    fprintf(out, "        '--%s%s[", o->name,
                            o->arg != NULL ? "=" : "");
                put_zsh_text(out, o->help);
                fputc(']', out);
                if (o->arg != NULL) {
                    fputc(':', out);
                    put_zsh_text(out, o->arg);
                    fputc(':', out);
                    put_zsh_action(out, o->word, o->choices);
                }
                fputs("' \\\n", out);
            }
        }
        fputs("        '*:", out);
        put_zsh_text(out,
                     command->word == TOOL_WORD_PROGRAM ? ":program" : "word");
        fputc(':', out);
        put_zsh_action(out, command->word, command->choices);
        fputs("'\n    ;;\n", out);
    }
    fputs("esac\n", out);
}

/* --- fish --- */

static void
put_fish_text(FILE *out, const char *text)
{
    fputc('\'', out);
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('\'', out);
}

static void
put_fish_words(FILE *out, enum tool_word word, const char *choices)
{
    if (choices != NULL) {
        fputs(" -x -a '", out);
        put_choices(out, choices);
        fputc('\'', out);
    } else if (word == TOOL_WORD_PROCESS) {
        fputs(" -x -a '(__fish_complete_pids)'", out);
    } else if (words_of(word) != NULL) {
        fprintf(out, " -x -a '(%s)'", words_of(word));
    } else if (word == TOOL_WORD_PROGRAM) {
        fputs(" -a '(__fish_complete_subcommand)'", out);
    } else if (word == TOOL_WORD_FILE) {
        fputs(" -r -F", out);
    } else if (word == TOOL_WORD_DIRECTORY) {
        fputs(" -x -a '(__fish_complete_directories)'", out);
    } else {
        fputs(" -x", out);
    }
}

void
pages_fish(FILE *out)
{
    const struct tool_command *command;

    fputs("# fish completion for dbgmalloc, made by \"dbgmalloc completion "
          "fish\"\n",
          out);
    for (size_t i = 0; (command = tool_command_at(i)) != NULL; i++) {
        fprintf(out,
                "complete -c dbgmalloc -f -n __fish_use_subcommand -a %s -d ",
                command->name);
        put_fish_text(out, command->summary);
        fputc('\n', out);
        for (const struct tool_option *o = command->options;
             o != NULL && o->name != NULL; o++) {
            fprintf(out,
                    "complete -c dbgmalloc -n '__fish_seen_subcommand_from "
                    "%s' -l %s",
                    command->name, o->name);
            if (o->id < 256)
                fprintf(out, " -s %c", o->id);
            fputs(" -d ", out);
            put_fish_text(out, o->help);
            if (o->arg != NULL)
                put_fish_words(out, o->word, o->choices);
            fputc('\n', out);
        }
        fprintf(out,
                "complete -c dbgmalloc -n '__fish_seen_subcommand_from %s'",
                command->name);
        put_fish_words(out, command->word, command->choices);
        fputc('\n', out);
    }
}

/* --- the command --- */

static int
run_completion(struct tool_args *args)
{
    while (tool_next(args) != 0)
        continue;
    if (args->argc == 1 && strcmp(args->argv[0], "bash") == 0)
        pages_bash(stdout);
    else if (args->argc == 1 && strcmp(args->argv[0], "zsh") == 0)
        pages_zsh(stdout);
    else if (args->argc == 1 && strcmp(args->argv[0], "fish") == 0)
        pages_fish(stdout);
    else
        tool_usage(args, "for which shell? bash, zsh or fish");
    return TOOL_OK;
}

static const struct tool_example examples[] = {
    {"dbgmalloc completion bash >~/.local/share/bash-completion/completions/"
     "dbgmalloc",
     "where it is not installed with the command"},
    {0},
};

const struct tool_command tool_command_completion = {
    .name = "completion",
    .operands = "bash|zsh|fish",
    .word = TOOL_WORD_CHOICE,
    .choices = "bash|zsh|fish",
    .summary = "the completion script for a shell",
    .about = "Prints what makes a shell complete this command's words. \"make "
             "install\" puts it where the shells look for it.\n",
    .examples = examples,
    .run = run_completion,
};
