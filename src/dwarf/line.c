/*
 * dwarf/line.c - line programs: which line each instruction comes from.
 */
#include "dwarf/line.h"

#include <errno.h>

enum {
    LNS_COPY = 1,
    LNS_ADVANCE_PC = 2,
    LNS_ADVANCE_LINE = 3,
    LNS_SET_FILE = 4,
    LNS_SET_COLUMN = 5,
    LNS_NEGATE_STMT = 6,
    LNS_SET_BASIC_BLOCK = 7,
    LNS_CONST_ADD_PC = 8,
    LNS_FIXED_ADVANCE_PC = 9,
    LNE_END_SEQUENCE = 1,
    LNE_SET_ADDRESS = 2,
    LNCT_PATH = 1,
    LNCT_DIRECTORY_INDEX = 2
};

/* Formats of an entry in the tables of DWARF 5. */
#define LINE_FORMATS_MAX 16

int
line_open(const struct form_unit *unit, uint64_t offset,
          struct line_program *out_program)
{
    struct line_program program = {.form = *unit};
    struct cursor c = cursor_at(unit->sections->line, offset);
    uint64_t length = cursor_length(&c, &program.form.is_64);
    uint64_t header_length;
    struct cursor tables;

    cursor_limit(&c, length);
    if (c.failed)
        return -EINVAL;
    program.end = cursor_offset(&c) + length;
    program.form.version = cursor_u16(&c);
    if (program.form.version < 2 || program.form.version > 5)
        return c.failed ? -EINVAL : -ENOTSUP;
    if (program.form.version == 5) {
        program.form.address_size = cursor_u8(&c);
        (void)cursor_u8(&c); /* size of segment selectors: always 0 */
    }
    header_length = cursor_word(&c, program.form.is_64);
    tables = c;
    cursor_limit(&tables, header_length);
    cursor_skip(&c, header_length);
    if (c.failed || tables.failed)
        return -EINVAL;
    program.code =
        (struct cursor_bytes){.bytes = c.at, .size = cursor_left(&c)};
    program.min_length = cursor_u8(&tables);
    program.max_ops = program.form.version >= 4 ? cursor_u8(&tables) : 1;
    program.default_is_stmt = cursor_u8(&tables) != 0;
    program.line_base = (int8_t)cursor_u8(&tables);
    program.line_range = cursor_u8(&tables);
    program.opcode_base = cursor_u8(&tables);
    program.lengths = tables.at;
    if (tables.failed || program.line_range == 0 || program.max_ops == 0 ||
        program.opcode_base == 0)
        return -EINVAL;
    cursor_skip(&tables, program.opcode_base - 1u);
    if (tables.failed)
        return -EINVAL;
    program.tables = (struct cursor_bytes){.bytes = tables.at,
                                           .size = cursor_left(&tables)};
    *out_program = program;
    return 0;
}

/* ---- The program. ---- */

struct machine {
    const struct line_program *program;
    struct cursor c;
    struct line_row row;
    uint32_t op_index;
    bool (*visit)(const struct line_row *row, void *context);
    void *context;
    bool is_done;
};

static void
reset(struct machine *m)
{
    m->row = (struct line_row){.file = 1, .line = 1};
    m->op_index = 0;
}

static void
emit(struct machine *m)
{
    if (!m->visit(&m->row, m->context))
        m->is_done = true;
}

/* Move on by `operations`, of which a long instruction word holds several. */
static void
advance(struct machine *m, uint64_t operations)
{
    const struct line_program *program = m->program;
    uint64_t total = m->op_index + operations;

    if (program->max_ops == 1) {
        m->row.addr += program->min_length * operations;
        return;
    }
    m->row.addr += program->min_length * (total / program->max_ops);
    m->op_index = (uint32_t)(total % program->max_ops);
}

static void
run_extended(struct machine *m)
{
    uint64_t size = cursor_uleb(&m->c);
    struct cursor operand = m->c;

    cursor_limit(&operand, size);
    cursor_skip(&m->c, size);
    if (m->c.failed || size == 0)
        return;
    switch (cursor_u8(&operand)) {
    case LNE_END_SEQUENCE:
        m->row.is_end = true;
        emit(m);
        reset(m);
        break;
    case LNE_SET_ADDRESS:
        m->row.addr = cursor_unsigned(&operand, (unsigned)(size - 1));
        m->op_index = 0;
        if (operand.failed)
            cursor_fail(&m->c);
        break;
    default: /* Discriminators, files defined late, what vendors add. */
        break;
    }
}

static void
run_standard(struct machine *m, uint8_t op)
{
    const struct line_program *program = m->program;
    struct cursor *c = &m->c;

    switch (op) {
    case LNS_COPY:
        emit(m);
        break;
    case LNS_ADVANCE_PC:
        advance(m, cursor_uleb(c));
        break;
    case LNS_ADVANCE_LINE:
        m->row.line += (uint32_t)cursor_sleb(c);
        break;
    case LNS_SET_FILE:
        m->row.file = (uint32_t)cursor_uleb(c);
        break;
    case LNS_SET_COLUMN:
        m->row.column = (uint32_t)cursor_uleb(c);
        break;
    case LNS_NEGATE_STMT:
    case LNS_SET_BASIC_BLOCK:
        break;
    case LNS_CONST_ADD_PC:
        advance(m, (255u - program->opcode_base) / program->line_range);
        break;
    case LNS_FIXED_ADVANCE_PC:
        m->row.addr += cursor_u16(c);
        m->op_index = 0;
        break;
    default: /* Prologue, epilogue, ISA; and unknown ones, by their size. */
        for (uint8_t i = 0; i < program->lengths[op - 1]; i++)
            (void)cursor_uleb(c);
    }
}

int
line_each(const struct line_program *program,
          bool (*visit)(const struct line_row *row, void *context),
          void *context)
{
    struct machine m = {.program = program,
                        .c = cursor_at(program->code, 0),
                        .visit = visit,
                        .context = context};

    reset(&m);
    while (m.c.at != m.c.end && !m.is_done) {
        uint8_t op = cursor_u8(&m.c);

        if (op >= program->opcode_base) {
            uint8_t special = (uint8_t)(op - program->opcode_base);

            advance(&m, special / program->line_range);
            m.row.line += (uint32_t)(program->line_base +
                                     special % program->line_range);
            emit(&m);
        } else if (op == 0) {
            run_extended(&m);
        } else {
            run_standard(&m, op);
        }
    }
    return m.c.failed ? -EINVAL : 0;
}

/* ---- The tables. ---- */

/* Directory `number`, counted from 1, NULL if there is none. The cursor moves
 * from the first of them to behind the table. */
static const char *
find_old_directory(struct cursor *c, uint64_t number)
{
    const char *found = NULL;

    for (uint64_t i = 1; !c->failed; i++) {
        const char *text = cursor_text(c);

        if (text == NULL || text[0] == 0)
            break;
        if (i == number)
            found = text;
    }
    return found;
}

static int
find_old_file(const struct line_program *program, uint64_t number,
              struct line_file *out_file)
{
    struct cursor c = cursor_at(program->tables, 0);

    (void)find_old_directory(&c, 0);
    for (uint64_t i = 1; !c.failed; i++) {
        const char *name = cursor_text(&c);
        uint64_t directory;
        struct cursor directories;

        if (name == NULL || name[0] == 0)
            break;
        directory = cursor_uleb(&c);
        (void)cursor_uleb(&c);
        (void)cursor_uleb(&c);
        if (i != number || c.failed)
            continue;
        directories = cursor_at(program->tables, 0);
        out_file->name = name;
        out_file->directory =
            directory != 0 ? find_old_directory(&directories, directory) : NULL;
        return 0;
    }
    return -ENOENT;
}

/* The formats of a table of DWARF 5. */
struct formats {
    uint64_t content[LINE_FORMATS_MAX];
    uint64_t form[LINE_FORMATS_MAX];
    uint8_t count;
};

static void
read_formats(struct cursor *c, struct formats *out)
{
    out->count = cursor_u8(c);
    if (out->count > LINE_FORMATS_MAX) {
        cursor_fail(c);
        out->count = 0;
    }
    for (uint8_t i = 0; i < out->count; i++) {
        out->content[i] = cursor_uleb(c);
        out->form[i] = cursor_uleb(c);
    }
}

/* One entry of such a table. */
static void
read_new_entry(const struct line_program *program, struct cursor *c,
               const struct formats *formats, struct form_value *path,
               uint64_t *directory)
{
    path->form = 0;
    *directory = 0;
    for (uint8_t i = 0; i < formats->count; i++) {
        struct form_value value = {.form = 0};

        form_read(c, formats->form[i], 0, &program->form, &value);
        if (c->failed)
            return;
        if (formats->content[i] == LNCT_PATH)
            *path = value;
        else if (formats->content[i] == LNCT_DIRECTORY_INDEX)
            (void)form_number(&value, directory); /* Else it is 0. */
    }
}

/* Entry `number` (from 0) of the table at the cursor, which moves behind the
 * table. An entry takes at least a byte, so a large count ends soon; without
 * formats it takes none, and there is nothing to find. */
static bool
find_new_entry(const struct line_program *program, struct cursor *c,
               uint64_t number, struct form_value *out_path,
               uint64_t *out_directory)
{
    struct formats formats;
    bool found = false;
    uint64_t count;

    read_formats(c, &formats);
    count = cursor_uleb(c);
    if (formats.count == 0)
        return false;
    for (uint64_t i = 0; i < count && !c->failed; i++) {
        const unsigned char *before = c->at;
        struct form_value path;
        uint64_t directory;

        read_new_entry(program, c, &formats, &path, &directory);
        if (c->failed || c->at == before)
            break;
        if (i == number) {
            *out_path = path;
            *out_directory = directory;
            found = true;
        }
    }
    return found;
}

static int
find_new_file(const struct line_program *program, uint64_t number,
              struct line_file *out_file)
{
    struct cursor c = cursor_at(program->tables, 0);
    struct form_value path;
    uint64_t directory = 0;
    uint64_t unused_number;
    struct line_file file = {.name = NULL, .directory = NULL};

    (void)find_new_entry(program, &c, UINT64_MAX, &path, &unused_number);
    if (!find_new_entry(program, &c, number, &path, &directory))
        return -ENOENT;
    file.name = form_text(&path, &program->form);
    if (file.name == NULL)
        return -ENOENT;
    c = cursor_at(program->tables, 0);
    if (find_new_entry(program, &c, directory, &path, &unused_number))
        file.directory = form_text(&path, &program->form);
    *out_file = file;
    return 0;
}

int
line_find_file(const struct line_program *program, uint64_t number,
               struct line_file *out_file)
{
    if (program->form.version >= 5)
        return find_new_file(program, number, out_file);
    return find_old_file(program, number, out_file);
}
