/*
 * Sprig's functions on dictionaries
 */

#include "template/cast.h"
#include "template/tables.h"

#define MERGE_DEPTH_MAX 100

static bool fn_dict(TemplateCall *call, Value *ret)
{
        *ret = value_map_new(call->arena, VALUE_MAP);
        for (size_t i = 0; i < call->n_args; i += 2)
                value_map_set(call->arena, ret->map, call_strval(call, ARG(i)),
                              i + 1 < call->n_args ? ARG(i + 1) : value_string(""));
        return true;
}

static bool fn_get(TemplateCall *call, Value *ret)
{
        if (!value_map_get(ARG(0).map, ARG_S(1), ARG_LEN(1), ret))
                *ret = value_string("");
        return true;
}

static bool fn_set(TemplateCall *call, Value *ret)
{
        *ret = ARG(0);
        if (ARG(0).map == NULL)
                return template_call_fail(call, "nil is no dictionary that could be changed");
        value_map_set(call->arena, ARG(0).map, ARG(1), ARG(2));
        return true;
}

static bool fn_unset(TemplateCall *call, Value *ret)
{
        *ret = ARG(0);
        value_map_remove(ARG(0).map, ARG_S(1), ARG_LEN(1));
        return true;
}

static bool fn_has_key(TemplateCall *call, Value *ret)
{
        Value item;

        *ret = value_bool(value_map_get(ARG(0).map, ARG_S(1), ARG_LEN(1), &item));
        return true;
}

static bool fn_pluck(TemplateCall *call, Value *ret)
{
        *ret = value_list_new(call->arena, VALUE_LIST, call->n_args);
        for (size_t i = 1; i < call->n_args; i++) {
                Value item;

                if (value_map_get(ARG(i).map, ARG_S(0), ARG_LEN(0), &item))
                        value_list_add(call->arena, ret->list, item);
        }
        return true;
}

static bool charge_map(TemplateCall *call, Value map)
{
        size_t n = value_map_size(map.map);

        return template_call_charge(call, n) && template_call_reserve(call, n * sizeof(ValuePair));
}

/* In the order of their bytes; Sprig leaves it to chance */
static bool fn_keys(TemplateCall *call, Value *ret)
{
        *ret = value_list_new(call->arena, VALUE_STRINGS, 4);
        for (size_t i = 0; i < call->n_args; i++) {
                const ValuePair *pairs;

                if (!charge_map(call, ARG(i)))
                        return false;
                pairs = value_map_sorted(call->arena, ARG(i).map);
                for (size_t j = 0; j < value_map_size(ARG(i).map); j++)
                        value_list_add(call->arena, ret->list, pairs[j].key);
        }
        return true;
}

static bool fn_values(TemplateCall *call, Value *ret)
{
        const ValuePair *pairs;

        *ret = value_list_new(call->arena, VALUE_LIST, 4);
        if (!charge_map(call, ARG(0)))
                return false;
        pairs = value_map_sorted(call->arena, ARG(0).map);
        for (size_t j = 0; j < value_map_size(ARG(0).map); j++)
                value_list_add(call->arena, ret->list, pairs[j].item);
        return true;
}

static bool fn_pick(TemplateCall *call, Value *ret)
{
        *ret = value_map_new(call->arena, VALUE_MAP);
        for (size_t i = 1; i < call->n_args; i++) {
                Value item;

                if (value_map_get(ARG(0).map, ARG_S(i), ARG_LEN(i), &item))
                        value_map_set(call->arena, ret->map, ARG(i), item);
        }
        return true;
}

static bool fn_omit(TemplateCall *call, Value *ret)
{
        const ValuePair *pairs;

        *ret = value_map_new(call->arena, VALUE_MAP);
        if (!charge_map(call, ARG(0)) ||
            !template_call_charge(call, value_map_size(ARG(0).map) * call->n_args))
                return false;
        pairs = value_map_sorted(call->arena, ARG(0).map);
        for (size_t j = 0; j < value_map_size(ARG(0).map); j++) {
                bool omitted = false;

                for (size_t i = 1; i < call->n_args && !omitted; i++)
                        omitted = ARG_LEN(i) == pairs[j].key.len &&
                                  memcmp(ARG_S(i), pairs[j].key.s, ARG_LEN(i)) == 0;
                if (!omitted)
                        value_map_set(call->arena, ret->map, pairs[j].key, pairs[j].item);
        }
        return true;
}

static bool merge_maps(TemplateCall *call, Value to, Value from, bool overwrite, unsigned depth);

/* Go's map[string]string takes no interface, not even one that holds a text */
static bool merge_set(TemplateCall *call, Value to, Value from, const ValuePair *pair)
{
        if (to.type == VALUE_STRING_MAP && from.type != VALUE_STRING_MAP)
                return template_call_fail(call, "only another dictionary of texts can be merged "
                                                "into one, such as split gives");
        value_map_set(call->arena, to.map, pair->key, pair->item);
        return true;
}

/* One key of @from: dictionaries are merged, lists and the rest are taken where there is nothing, or
 * always */
static bool merge_pair(TemplateCall *call, Value to, Value from, const ValuePair *pair,
                       bool overwrite, unsigned depth)
{
        Value old = value_missing();
        bool exists = value_map_get(to.map, pair->key.s, pair->key.len, &old);
        ValueKind kind = value_kind(pair->item);
        bool is_empty;

        if (is_nothing(pair->item))
                return !overwrite || merge_set(call, to, from, pair);
        if (kind == KIND_MAP && exists && value_kind(old) == KIND_MAP && old.map != NULL &&
            !merge_maps(call, old, pair->item, overwrite, depth + 1))
                return false;
        if (kind == KIND_SLICE && (to.type == VALUE_STRING_MAP || (exists && overwrite)))
                return merge_set(call, to, from, pair);
        is_empty = !exists || cast_is_empty(old); /* still, after the merging */
        if (!is_empty && (kind == KIND_MAP || kind == KIND_SLICE) && kind == value_kind(old))
                return true;
        return (!overwrite && !is_empty) || merge_set(call, to, from, pair);
}

static bool merge_maps(TemplateCall *call, Value to, Value from, bool overwrite, unsigned depth)
{
        const ValuePair *pairs;
        size_t n = value_map_size(from.map);

        if (depth > MERGE_DEPTH_MAX)
                return template_call_fail(call, "dictionaries lie too deep in each other");
        if (to.map == from.map)
                return true;
        if (!charge_map(call, from))
                return false;
        pairs = value_map_sorted(call->arena, from.map);
        for (size_t i = 0; i < n; i++)
                if (!merge_pair(call, to, from, &pairs[i], overwrite, depth))
                        return false;
        return true;
}

static bool merged(TemplateCall *call, bool overwrite, Value *ret)
{
        *ret = ARG(0);
        for (size_t i = 1; i < call->n_args; i++) {
                if (ret->map == NULL && ARG(i).map != NULL)
                        *ret = value_map_new(call->arena, VALUE_MAP);
                if (ret->map != NULL && !merge_maps(call, *ret, ARG(i), overwrite, 0))
                        return false;
        }
        return true;
}

static bool fn_merge(TemplateCall *call, Value *ret)
{
        return merged(call, false, ret);
}

static bool fn_merge_overwrite(TemplateCall *call, Value *ret)
{
        return merged(call, true, ret);
}

static bool fn_dig(TemplateCall *call, Value *ret)
{
        size_t n_keys = call->n_args - 2;
        Value at;

        *ret = value_nil();
        if (call->n_args < 3)
                return template_call_fail(call, "it needs keys, a default and a dictionary");
        at = ARG(call->n_args - 1);
        for (size_t i = 0; i < n_keys; i++)
                if (ARG(i).type != VALUE_STRING)
                        return template_call_fail(call, "keys are texts, not %s",
                                                  value_type_in_words((ValueType) ARG(i).type));
        for (size_t i = 0; i < n_keys; i++) {
                if (at.type != VALUE_MAP)
                        return template_call_fail(call, "%s has no keys",
                                                  value_type_in_words((ValueType) at.type));
                if (!value_map_get(at.map, ARG_S(i), ARG_LEN(i), &at)) {
                        *ret = ARG(n_keys);
                        return true;
                }
        }
        *ret = at;
        return true;
}

#define GROUP "dictionaries"

const TemplateFunction template_dict_functions[] = {
        { "dict", "a*", "M", fn_dict, 0, GROUP, "A dictionary of keys and values by turns",
          "dict \"a\" 1 \"b\" 2", "map[a:1 b:2]" },
        { "get", "Ms", "a", fn_get, 0, GROUP, "The value of a key, \"\" where it is missing",
          "get (dict \"a\" 1) \"a\"", "1" },
        { "set", "Msa", "M", fn_set, TEMPLATE_FN_MUTATES, GROUP,
          "Changes a dictionary, and gives it", "set (dict \"a\" 1) \"b\" 2", "map[a:1 b:2]" },
        { "unset", "Ms", "M", fn_unset, TEMPLATE_FN_MUTATES, GROUP,
          "Takes a key out of a dictionary, and gives it", "unset (dict \"a\" 1) \"a\"", "map[]" },
        { "hasKey", "Ms", "b", fn_has_key, 0, GROUP, "Whether there is such a key",
          "hasKey (dict \"a\" 1) \"a\"", "true" },
        { "pluck", "sM*", "L", fn_pluck, 0, GROUP, "The values of one key in several dictionaries",
          "pluck \"a\" (dict \"a\" 1) (dict \"a\" 2)", "[1 2]" },
        { "keys", "M*", "S", fn_keys, 0, GROUP, "The keys, sorted", "keys (dict \"b\" 1 \"a\" 2)",
          "[a b]" },
        { "values", "M", "L", fn_values, 0, GROUP, "The values, by their keys",
          "values (dict \"b\" 1 \"a\" 2)", "[2 1]" },
        { "pick", "Ms*", "M", fn_pick, 0, GROUP, "A dictionary of certain keys",
          "pick (dict \"a\" 1 \"b\" 2) \"a\"", "map[a:1]" },
        { "omit", "Ms*", "M", fn_omit, 0, GROUP, "A dictionary without certain keys",
          "omit (dict \"a\" 1 \"b\" 2) \"a\"", "map[b:2]" },
        { "merge", "MM*", "a", fn_merge, TEMPLATE_FN_MUTATES, GROUP,
          "Fills what is empty in the first dictionary from the others",
          "merge (dict \"a\" 1) (dict \"a\" 2 \"b\" 3)", "map[a:1 b:3]" },
        { "mustMerge", "MM*", "a", fn_merge, TEMPLATE_FN_MUTATES, GROUP, "Another name of merge",
          NULL, NULL },
        { "mergeOverwrite", "MM*", "a", fn_merge_overwrite, TEMPLATE_FN_MUTATES, GROUP,
          "The same, the others winning", "mergeOverwrite (dict \"a\" 1) (dict \"a\" 2)",
          "map[a:2]" },
        { "mustMergeOverwrite", "MM*", "a", fn_merge_overwrite, TEMPLATE_FN_MUTATES, GROUP,
          "Another name of mergeOverwrite", NULL, NULL },
        { "dig", "a*", "a", fn_dig, 0, GROUP, "A value by a path of keys, with a default",
          "dig \"a\" \"b\" 0 (dict \"a\" (dict \"b\" 1))", "1" },
        { NULL },
};
