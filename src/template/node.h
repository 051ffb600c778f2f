#pragma once

/*
 * Node: the tree of a parsed template
 *
 * All of it is in the template's arena and never changes after parsing.
 */

#include "template/template.h"

typedef enum NodeType {
        NODE_TEXT,
        NODE_ACTION,
        NODE_IF,
        NODE_RANGE,
        NODE_WITH,
        NODE_TEMPLATE,
        NODE_BREAK,
        NODE_CONTINUE,
        /* operands */
        NODE_BOOL,
        NODE_DOT,
        NODE_FIELD,
        NODE_FUNCTION,
        NODE_NIL,
        NODE_NUMBER,
        NODE_STRING,
        NODE_VARIABLE,
        NODE_PIPE,
        NODE_CHAIN,
} NodeType;

typedef struct Node Node;
typedef struct NodeList NodeList;
typedef struct PipeNode PipeNode;
typedef struct CommandNode CommandNode;
typedef struct Definition Definition;

struct NodeList {
        Node **nodes;
        uint32_t n;
};

typedef struct NumberNode {
        bool is_int, is_uint, is_float, is_complex;
        bool looks_float; /* has a point or exponent: float64 where any type will do */
        int64_t i;
        uint64_t u;
        double f;
        double re, im;
} NumberNode;

/* if, range, with, template */
typedef struct BranchNode {
        PipeNode *condition; /* of a template: its argument, or NULL */
        NodeList list;
        NodeList else_list;
        bool has_else;
        Definition *definition;
        const char *name;
} BranchNode;

/* Kept small: a text of a megabyte has a hundred thousand of them */
struct Node {
        NodeType type;
        uint32_t start; /* of its source, in bytes */
        uint32_t end;
        union {
                Value value; /* text, bool, string */
                NumberNode *number;
                const TemplateFunction *function;
                PipeNode *pipe; /* pipe, action */
                BranchNode *branch;
                struct {            /* .a.b, $x.a.b, (pipe).a.b */
                        Node *base; /* of a chain */
                        Value *fields;
                        uint32_t n_fields;
                        uint32_t variable; /* its name's number */
                };
        };
};

struct CommandNode {
        Node **args;
        uint32_t n_args;
        uint32_t start;
        uint32_t end;
        bool is_piped; /* the value of the command before it is its last argument */
};

#define PIPE_DECLARATIONS_MAX 2

struct PipeNode {
        CommandNode **commands;
        uint32_t n_commands;
        uint32_t start;
        uint32_t end;
        uint8_t n_declares;
        bool is_assign;
        unsigned declares[PIPE_DECLARATIONS_MAX]; /* names of variables, as numbers */
};

/* {{repl define "name"}} or block; also the text itself */
struct Definition {
        const char *name;
        NodeList list;
        bool is_blank; /* nothing but white space: another definition of the name wins */
        bool is_defined;
};

/* The number of `$` among the names of variables */
#define VARIABLE_DOLLAR 0

struct Template {
        Arena *arena;
        char *name;
        const char *text;
        size_t len;
        const TemplateFunctions *functions;
        Definition *root;
        GHashTable *definitions; /* name to Definition */
        GHashTable *variables;   /* name to number */
        GArray *sites;           /* CallSite */
        bool is_plain;
};

/* A call as written; @command is NULL where the function stands alone as an argument */
typedef struct CallSite {
        const Node *function;
        const CommandNode *command;
} CallSite;

/* Parsing proper; template.c wraps it */
bool parse_template(Template *tpl, TemplateError *ret_error);

/* Fills in an error's place from @offset and the offending source text */
void template_error_set(TemplateError *error, TemplateErrorKind kind, const Template *tpl,
                        const char *name, size_t offset, size_t end, char *message);
