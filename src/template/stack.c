#include "template/stack.h"

#include <glib.h>
#include <pthread.h>

#include "template/template.h"

#define FIRST_PIECE ((size_t) 256 << 10) /* of the caller's own stack */
#define PIECE       ((size_t) 8 << 20)
#define RESERVE     ((size_t) 1 << 20) /* for calls of functions at the bottom */

typedef struct Piece {
        Stack *stack;
        void (*function)(void *arg);
        void *arg;
} Piece;

void stack_init(Stack *stack)
{
        stack->limit = (const char *) __builtin_frame_address(0) - FIRST_PIECE;
        stack->used = 0;
}

static void *run_piece(void *data)
{
        Piece *piece = data;

        piece->stack->limit = (const char *) __builtin_frame_address(0) - PIECE + RESERVE +
                              ((size_t) 64 << 10);
        piece->function(piece->arg);
        return NULL;
}

/* A thread is the portable way to a stack that sanitizers and debuggers understand; nothing runs at
 * the same time. */
bool stack_run(Stack *stack, void (*function)(void *arg), void *arg)
{
        Piece piece = { stack, function, arg };
        const char *limit = stack->limit;
        pthread_attr_t attributes;
        pthread_t thread;
        bool ok;

        if (stack->used + PIECE > TEMPLATE_STACK_MAX)
                return false;
        pthread_attr_init(&attributes);
        ok = pthread_attr_setstacksize(&attributes, PIECE) == 0 &&
             pthread_create(&thread, &attributes, run_piece, &piece) == 0;
        pthread_attr_destroy(&attributes);
        if (!ok)
                return false;
        stack->used += PIECE;
        pthread_join(thread, NULL);
        stack->used -= PIECE;
        stack->limit = limit;
        return true;
}
