/* The tree of a path, between the files that read and run it. */
#ifndef HOTARU_MY_XPATH_INT_H
#define HOTARU_MY_XPATH_INT_H

#include "protocol/mysql/expr/my_xpath.h"

enum my_xpath_op {
    X_NUMBER, X_STRING, X_PATH, X_STEP, X_FUNC, X_OR, X_AND, X_EQ, X_NE, X_LT, X_LE, X_GT, X_GE, X_ADD, X_SUB, X_MUL, X_DIV, X_MOD, X_NEG, X_UNION
};
enum my_xpath_axis { A_CHILD, A_DESCENDANT, A_DESCENDANT_SELF, A_ATTRIBUTE, A_SELF, A_PARENT, A_ANCESTOR, A_ANCESTOR_SELF, A_FOLLOWING, A_PRECEDING };

struct my_xpath {
    enum my_xpath_op op;
    struct my_xpath *a, *b;    /* operands; PATH: a filter expression before the steps, b the first step */
    struct my_xpath *next;     /* steps, arguments, predicates */
    struct my_xpath *preds;
    double number;
    const char *text;          /* strings, names, functions; NULL name: any */
    size_t len;
    enum my_xpath_axis axis;
    bool absolute, text_test;  /* text() */
};

#endif
