#pragma once

/*
 * Stack: recursion deeper than a thread's stack
 *
 * Templates may nest ten thousand parentheses and call each other as often. Whoever recurses over
 * them asks stack_is_low() on the way down and, where it is, goes on with stack_run(), on a new
 * piece of stack; together they are bounded by TEMPLATE_STACK_MAX.
 */

#include <stdbool.h>
#include <stddef.h>

typedef struct Stack {
        const char *limit; /* lowest address to be used in this piece */
        size_t used;       /* by the pieces */
} Stack;

/* Call it where the recursion begins */
void stack_init(Stack *stack);

static inline bool stack_is_low(const Stack *stack)
{
        return (const char *) __builtin_frame_address(0) < stack->limit;
}

/* Calls function(arg) on a new piece; false, without the call, where the bound is reached */
bool stack_run(Stack *stack, void (*function)(void *arg), void *arg);
