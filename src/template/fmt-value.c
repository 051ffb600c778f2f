#include "template/fmt-value.h"

#include "template/fmt-scalar.h"
#include "template/gotime-duration.h"
#include "template/gotime-format.h"
#include "template/semver.h"

#define DEPTH_MAX 1000 /* lists and maps in each other */

static void print_value(Printer *p, Value v, gunichar verb, unsigned depth);

static void bad_verb(Printer *p, Value v, gunichar verb)
{
        p->erroring = true;
        printer_put(p, "%!");
        printer_put_rune(p, verb);
        printer_put_c(p, '(');
        if (v.type == VALUE_MISSING || v.type == VALUE_NIL) {
                printer_put(p, "<nil>");
        } else {
                printer_put(p, value_type_name((ValueType) v.type));
                printer_put_c(p, '=');
                fmt_arg(p, v, 'v');
        }
        printer_put_c(p, ')');
        p->erroring = false;
}

/* What a type's String or GoString method gives; false where it has none */
static bool stringer(Value v, bool go_syntax, GString *text)
{
        switch (v.type) {
        case VALUE_TIME:
                if (go_syntax)
                        gotime_go_string(text, v.time);
                else
                        gotime_string(text, v.time);
                return true;
        case VALUE_DURATION:
                if (!go_syntax)
                        gotime_duration_string(text, v.i);
                return !go_syntax;
        case VALUE_MONTH:
                if (!go_syntax)
                        gotime_month_string(text, v.i);
                return !go_syntax;
        case VALUE_WEEKDAY:
                if (!go_syntax)
                        gotime_weekday_string(text, v.i);
                return !go_syntax;
        case VALUE_LOCATION:
                if (!go_syntax)
                        g_string_append(text, v.s != NULL ? v.s : "UTC");
                return !go_syntax;
        case VALUE_VERSION:
        case VALUE_VERSION_STRUCT:
                if (!go_syntax)
                        semver_string(text, v.version);
                return !go_syntax;
        default:
                return false;
        }
}

static bool handle_methods(Printer *p, Value v, gunichar verb)
{
        g_autoptr(GString) text = NULL;

        if (p->erroring)
                return false;
        if (verb == 'w') {
                bad_verb(p, v, verb);
                return true;
        }
        if (v.type < VALUE_TIME || v.type == VALUE_CERTIFICATE)
                return false;
        if (!p->sharp_v && !printer_verb_in(verb, "vsxXq"))
                return false;
        text = g_string_new(NULL);
        if (!stringer(v, p->sharp_v, text))
                return false;
        if (p->sharp_v)
                printer_pad(p, text->str, printer_truncated(p, text->str, text->len));
        else
                fmt_string(p, text->str, text->len, verb);
        return true;
}

static void print_map(Printer *p, Value v, gunichar verb, unsigned depth)
{
        const ValuePair *pairs;

        if (p->sharp_v) {
                printer_put(p, value_type_name((ValueType) v.type));
                if (v.map == NULL) {
                        printer_put(p, "(nil)");
                        return;
                }
                printer_put_c(p, '{');
        } else {
                printer_put(p, "map[");
        }
        if (p->scratch == NULL)
                p->scratch = arena_new();
        pairs = value_map_sorted(p->scratch, v.map);
        for (size_t i = 0; i < value_map_size(v.map) && !p->failed; i++) {
                if (i > 0)
                        printer_put(p, p->sharp_v ? ", " : " ");
                print_value(p, pairs[i].key, verb, depth + 1);
                printer_put_c(p, ':');
                print_value(p, pairs[i].item, verb, depth + 1);
        }
        printer_put_c(p, p->sharp_v ? '}' : ']');
}

static void print_bytes(Printer *p, Value v, gunichar verb)
{
        g_autoptr(GString) text = g_string_new(NULL);

        for (size_t i = 0; i < value_list_size(v); i++)
                g_string_append_c(text, (char) v.list->items[i].u);
        fmt_string(p, text->str, text->len, verb);
}

static void print_list(Printer *p, Value v, gunichar verb, unsigned depth)
{
        size_t n = value_list_size(v);

        if (v.type == VALUE_BYTES && (verb == 's' || verb == 'q' || verb == 'x' || verb == 'X')) {
                print_bytes(p, v, verb);
                return;
        }
        if (p->sharp_v) {
                printer_put(p,
                            v.type == VALUE_BYTES ? "[]byte" : value_type_name((ValueType) v.type));
                if (v.list == NULL) {
                        printer_put(p, "(nil)");
                        return;
                }
        }
        printer_put_c(p, p->sharp_v ? '{' : '[');
        for (size_t i = 0; i < n && !p->failed; i++) {
                if (i > 0)
                        printer_put(p, p->sharp_v ? ", " : " ");
                if (p->sharp_v && v.type == VALUE_BYTES)
                        fmt_hex(p, v.list->items[i].u, true);
                else
                        print_value(p, v.list->items[i], verb, depth + 1);
        }
        printer_put_c(p, p->sharp_v ? '}' : ']');
}

/* The structs that templates can get: their fields in Go's order */
static void print_struct(Printer *p, Value v, gunichar verb, unsigned depth)
{
        static const char *const version[] = { "major", "minor",    "patch",
                                               "pre",   "metadata", "original" };
        static const char *const certificate[] = { "Cert", "Key" };
        static const char *const time[] = { "wall", "ext", "loc" };
        Value fields[6];
        const char *const *names = version;
        size_t n = 6;

        if (v.type == VALUE_CERTIFICATE) {
                names = certificate;
                n = 2;
                fields[0] = v.certificate->cert;
                fields[1] = v.certificate->key;
        } else if (v.type == VALUE_TIME) {
                names = time;
                n = 3;
                fields[0] = value_uint64((uint64_t) v.time->nsec);
                fields[1] = value_int64((int64_t) ((uint64_t) v.time->unix_s + 62135596800u));
                fields[2] = (Value){ .type = VALUE_LOCATION };
        } else {
                fields[0] = value_uint64(v.version->major);
                fields[1] = value_uint64(v.version->minor);
                fields[2] = value_uint64(v.version->patch);
                fields[3] = value_string(v.version->prerelease);
                fields[4] = value_string(v.version->metadata);
                fields[5] = value_string(v.version->original);
        }
        if (p->sharp_v)
                printer_put(p, value_type_name(v.type == VALUE_VERSION ? VALUE_VERSION_STRUCT
                                                                       : (ValueType) v.type));
        printer_put_c(p, '{');
        for (size_t i = 0; i < n; i++) {
                if (i > 0)
                        printer_put(p, p->sharp_v ? ", " : " ");
                if (p->plus_v || p->sharp_v) {
                        printer_put(p, names[i]);
                        printer_put_c(p, ':');
                }
                print_value(p, fields[i], verb, depth + 1);
        }
        printer_put_c(p, '}');
}

static void print_pointer(Printer *p, Value v, gunichar verb, unsigned depth)
{
        if (v.s == NULL) {
                if (p->sharp_v) {
                        printer_put_c(p, '(');
                        printer_put(p, value_type_name((ValueType) v.type));
                        printer_put(p, ")(nil)");
                } else if (verb == 'v') {
                        printer_pad(p, "<nil>", 5);
                } else if (printer_verb_in(verb, "bodxX")) {
                        fmt_integer(p, 0, false, verb);
                } else {
                        bad_verb(p, v, verb);
                }
        } else if (v.type == VALUE_VERSION && depth == 0) {
                printer_put_c(p, '&');
                print_struct(p, v, verb, depth);
        } else if (p->sharp_v) { /* where Go shows an address, this one is shown */
                printer_put_c(p, '(');
                printer_put(p, value_type_name((ValueType) v.type));
                printer_put(p, ")(0xc000000000)");
        } else {
                fmt_hex(p, 0xc000000000, !p->sharp);
        }
}

static void print_value(Printer *p, Value v, gunichar verb, unsigned depth)
{
        bool ok = false;

        if (p->failed)
                return;
        if (depth > DEPTH_MAX) {
                p->failed = true;
                return;
        }
        if (depth > 0 && handle_methods(p, v, verb))
                return;
        switch (value_kind(v)) {
        case KIND_INVALID:
        case KIND_INTERFACE:
                printer_put(p, p->sharp_v ? "interface {}(nil)" : "<nil>");
                return;
        case KIND_BOOL:
                ok = verb == 't' || verb == 'v';
                if (ok)
                        printer_pad(p, v.b ? "true" : "false", v.b ? 4 : 5);
                break;
        case KIND_INT:
        case KIND_INT32:
        case KIND_INT64:
                ok = fmt_integer(p, v.u, true, verb);
                break;
        case KIND_UINT8:
        case KIND_UINT:
        case KIND_UINT64:
                ok = fmt_integer(p, v.u, false, verb);
                break;
        case KIND_FLOAT64:
                ok = fmt_float(p, v.f, verb);
                break;
        case KIND_COMPLEX128:
                ok = fmt_complex(p, v.c, verb);
                break;
        case KIND_STRING:
                ok = fmt_string(p, v.s, v.len, verb);
                break;
        case KIND_SLICE:
                print_list(p, v, verb, depth);
                return;
        case KIND_MAP:
                print_map(p, v, verb, depth);
                return;
        case KIND_STRUCT:
                print_struct(p, v, verb, depth);
                return;
        case KIND_PTR:
                print_pointer(p, v, verb, depth);
                return;
        }
        if (!ok)
                bad_verb(p, v, verb);
}

void fmt_arg(Printer *p, Value v, gunichar verb)
{
        if (v.type == VALUE_MISSING || v.type == VALUE_NIL) {
                if (verb == 'T' || verb == 'v')
                        printer_pad(p, "<nil>", 5);
                else
                        bad_verb(p, v, verb);
                return;
        }
        if (verb == 'T') {
                const char *name = value_type_name((ValueType) v.type);

                printer_pad(p, name, printer_truncated(p, name, strlen(name)));
                return;
        }
        if (verb == 'p') {
                if (value_kind(v) == KIND_SLICE || value_kind(v) == KIND_MAP ||
                    value_kind(v) == KIND_PTR)
                        fmt_hex(p, (uint64_t) (uintptr_t) v.s, !p->sharp);
                else
                        bad_verb(p, v, verb);
                return;
        }
        if (v.type >= VALUE_LIST && v.type != VALUE_BYTES && handle_methods(p, v, verb))
                return;
        print_value(p, v, verb, 0);
}
