#pragma once

/*
 * Template: Go's text/template language
 *
 * Source text and functions in, text out. A template is parsed once and rendered as often as one
 * likes; rendering reads no clock, draws no random number and performs no I/O: whatever needs
 * those is a function that the caller hands in, in a table (see functions/functions.h).
 *
 * The left delimiter is `{{repl` and one blank, the right one `}}`; everything else is copied.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "template/value.h"

/* What bounds a render (and its parsing), so that a hostile or mistaken template ends */
#define TEMPLATE_TEXT_MAX        (16u << 20) /* bytes of source text */
#define TEMPLATE_NESTING_MAX     10000       /* parentheses within each other, as Go has it */
#define TEMPLATE_BLOCKS_MAX      10000       /* if/range/with within each other */
#define TEMPLATE_STEPS_MAX       1500000     /* nodes evaluated in one render; a call counts ten */
#define TEMPLATE_OUTPUT_MAX      (16u << 20) /* bytes of output */
#define TEMPLATE_MEMORY_MAX      (48u << 20) /* bytes for the values of one render */
#define TEMPLATE_RECURSION_MAX   100000      /* templates that call each other, as Go has it */
#define TEMPLATE_STACK_MAX       (48u << 20) /* bytes of C stack, whatever nests in what */
#define TEMPLATE_REGEX_STEPS_MAX 1000000     /* PCRE2's match limit: bounds the time of one match */
#define TEMPLATE_REGEX_DEPTH_MAX 100000      /* PCRE2's depth limit */

typedef struct Template Template;
typedef struct TemplateFunctions TemplateFunctions;
typedef struct TemplateFunction TemplateFunction;
typedef struct TemplateCall TemplateCall;
typedef struct TemplateRender TemplateRender;

/* What went wrong, and where */
typedef enum TemplateErrorKind {
        TEMPLATE_ERROR_NONE,
        TEMPLATE_ERROR_PARSE,      /* the text is not a template */
        TEMPLATE_ERROR_EXEC,       /* it is one, but rendering it failed */
        TEMPLATE_ERROR_LIMIT,      /* it went past a limit while rendering */
        TEMPLATE_ERROR_UNRESOLVED, /* it asks for what is not known yet: try again later */
} TemplateErrorKind;

typedef struct TemplateError {
        TemplateErrorKind kind;
        char *template_name; /* of the text, or of the {{repl define}} where it happened */
        unsigned line;       /* within the text, from 1 */
        unsigned column;     /* from 1, in characters (code points) */
        size_t offset;       /* the same place, in bytes from 0 */
        char *text;       /* the offending text as it stands in the template; "" if there is none */
        char *message;    /* in words, without the place */
        char *suggestion; /* what was probably meant (`ConfigOption`), or NULL; is in @message too */
} TemplateError;

void template_error_clear(TemplateError *error);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TemplateError, template_error_clear)

/* (transfer full) "NAME:LINE:COLUMN: MESSAGE" */
char *template_error_to_text(const TemplateError *error);

/* What a function reaches for; a mask selects the functions that a hook wants to see */
typedef enum TemplateFunctionFlags {
        TEMPLATE_FN_PURE = 0,
        TEMPLATE_FN_SETTING = 1 << 0, /* settings, the license, the console's options */
        TEMPLATE_FN_PLACE = 1 << 1,   /* addresses of nodes, exposed ports */
        TEMPLATE_FN_CLOCK = 1 << 2,   /* what time it is */
        TEMPLATE_FN_RANDOM = 1 << 3,  /* random numbers, generated keys, salts */
        TEMPLATE_FN_RELEASE = 1 << 4, /* number, label, notes, dates of the release */
        TEMPLATE_FN_MUTATES = 1 << 5, /* changes a map that it is given (`set`) */
} TemplateFunctionFlags;

/* Clock and randomness: what gives another value each time */
#define TEMPLATE_FN_VOLATILE (TEMPLATE_FN_CLOCK | TEMPLATE_FN_RANDOM)

/**
 * TemplateFunctionBody - what a function does
 * @call: the arguments, already of the types that the row asks for, and what else it may use
 * @ret:  the result; lists, maps and strings in call->arena
 *
 * Return: false after template_call_fail() or one of its kin
 */
typedef bool (*TemplateFunctionBody)(TemplateCall *call, Value *ret);

/*
 * A row of a function table. @params has a letter for each parameter, as Go declares it:
 *   s string   b bool   i int   l int64   u uint64   f float64   a any   S []string   L []any
 *   M map[string]any   N map[string]string   t time.Time   d time.Duration   I []int
 *   c certificate   w uint32   V *semver.Version   o *time.Location   v the value as it is, also none at all
 * and ends in `*` where the last one takes any number of arguments. @result is such a letter.
 */
struct TemplateFunction {
        const char *name;
        const char *params;
        const char *result;
        TemplateFunctionBody body;
        unsigned flags;      /* TemplateFunctionFlags */
        const char *group;   /* heading in the reference: "strings" */
        const char *help;    /* one line */
        const char *example; /* a template, without its delimiters: `upper "a"`; NULL: none */
        const char *output;  /* what the example prints */
};

/* One call, while it is made */
struct TemplateCall {
        const TemplateFunction *function;
        const Value *args;
        size_t n_args;
        Arena *arena;       /* of this render */
        void *user;         /* TemplateContext.user */
        const char *source; /* the call as written: `NodePrivateIPAddress "db" "postgres"` */
        size_t source_len;
        size_t offset; /* of @source within the template's text, in bytes */
        TemplateRender *render;
};

/* End the render at this call. They return false, for `return template_call_fail(...)`. */
bool template_call_fail(TemplateCall *call, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The value is not known yet (a port of a container that is not up): TEMPLATE_ERROR_UNRESOLVED */
bool template_call_unresolved(TemplateCall *call, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Counts work against the limit of steps: for functions whose time grows with their arguments.
 * False when the limit is reached; the error is set. */
bool template_call_charge(TemplateCall *call, size_t steps);

/* Whether @size more bytes may be made; call it before making something large */
bool template_call_reserve(TemplateCall *call, size_t size);

/**
 * template_functions_new() - the functions that a template may call
 * @tables: NULL-terminated list of tables, each ended by a row without a name; they and their
 *          rows must outlive the result. A later row of a name replaces an earlier one.
 *
 * Go's built-in functions are always there; a table may replace them, as sprig's `slice` does.
 */
TemplateFunctions *template_functions_new(const TemplateFunction *const *tables);
void template_functions_free(TemplateFunctions *functions);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TemplateFunctions, template_functions_free)

const TemplateFunction *template_functions_find(const TemplateFunctions *functions,
                                                const char *name);

/* All rows, by name; n = *ret_n; the array is the set's own */
const TemplateFunction *const *template_functions_list(const TemplateFunctions *functions,
                                                       size_t *ret_n);

/* The function that a mistyped name probably meant, or NULL */
const char *template_functions_closest(const TemplateFunctions *functions, const char *name);

/* Tables of this library: Go's built-ins, and those of Sprig's functions that are pure */
extern const TemplateFunction template_builtin_functions[];
extern const TemplateFunction *const template_pure_tables[]; /* NULL-terminated, with built-ins */

/**
 * template_parse() - parse a text
 * @name:      shown in errors; copied
 * @text:      need not be NUL-terminated; copied
 * @functions: borrowed; must outlive the template
 * @ret_error: filled in on failure; may be NULL
 *
 * Return: (transfer full) the template, or NULL
 */
Template *template_parse(const char *name, const char *text, size_t len,
                         const TemplateFunctions *functions, TemplateError *ret_error);
void template_free(Template *tpl);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Template, template_free)

/* Whether there is nothing to evaluate: rendering gives the text as it is */
bool template_is_plain(const Template *tpl);

/* The text that it was parsed from */
const char *template_text(const Template *tpl, size_t *ret_len);

typedef struct TemplateLimits { /* 0: the default above */
        size_t steps;
        size_t output;
        size_t memory;
        size_t recursion;
        size_t regex_steps;
} TemplateLimits;

typedef enum TemplateVerdict {
        TEMPLATE_CALL_GO_ON,    /* make the call */
        TEMPLATE_CALL_SUPPLIED, /* *ret is the result; do not make it */
        TEMPLATE_CALL_FAILED,   /* the hook has called template_call_fail() or its kin */
} TemplateVerdict;

/* What a render works with; zero-initialised is a valid one without data */
typedef struct TemplateContext {
        Value dot;  /* the data; a zero Value is nil */
        void *user; /* handed to the functions as call->user */
        TemplateLimits limits;

        /* Asked before a function is called that has a flag of @intercept_mask: may supply the
         * result itself. */
        unsigned intercept_mask;
        TemplateVerdict (*intercept)(TemplateCall *call, Value *ret, void *hook_user);
        /* Told the result of such a call after it was made (not of one that was supplied) */
        void (*observe)(const TemplateCall *call, Value result, void *hook_user);
        void *hook_user;

        Arena *arena; /* for the values, so that @dot may be in it; NULL: one of the render's own */
} TemplateContext;

/**
 * template_render() - what the template makes of its context
 * @out: the output is appended; on failure nothing is, whatever was written before the error
 *
 * The template is not changed: threads may render one at the same time.
 */
bool template_render(const Template *tpl, const TemplateContext *context, GString *out,
                     TemplateError *ret_error);

/* Parse and render at once */
bool template_expand(const char *name, const char *text, size_t len,
                     const TemplateFunctions *functions, const TemplateContext *context,
                     GString *out, TemplateError *ret_error);

/* A call as it stands in a parsed template */
typedef struct TemplateCallSite {
        const TemplateFunction *function;
        const char *source; /* the call as written; source_len bytes */
        size_t source_len;
        unsigned line, column; /* of the call, as in TemplateError */
        size_t offset;
        size_t n_args;               /* as written; a piped value is not counted */
        const char *const *literals; /* n_args texts of string constants, NULL where it is none */
        const unsigned *arg_columns; /* n_args columns, on line arg_lines[i] */
        const unsigned *arg_lines;
        bool is_piped; /* takes one more argument, the value of the command before it */
} TemplateCallSite;

/* Calls @visit for each call in the text's order, also in branches that never run; ends early
 * where it returns false */
void template_foreach_call(const Template *tpl,
                           bool (*visit)(const TemplateCallSite *site, void *user), void *user);

/* The result as text, as an action prints it; for hooks that keep results */
void value_print(GString *out, Value v);

/* (transfer full) the call with its evaluated arguments, as Go source: `Add 1 "2"` */
char *template_call_to_text(const TemplateCall *call);

/**
 * template_function_signature() - how the function is called, for people
 *
 * Return: (transfer full) "ConfigOptionEquals STRING STRING -> bool"
 */
char *template_function_signature(const TemplateFunction *function);
