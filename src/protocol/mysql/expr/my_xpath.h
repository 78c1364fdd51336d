/* XPath as EXTRACTVALUE and UPDATEXML know it: a subset of XPath 1.0 over a tree of elements, attributes and texts. */
#ifndef HOTARU_MY_XPATH_H
#define HOTARU_MY_XPATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum my_xml_kind { MY_XML_ROOT, MY_XML_ELEMENT, MY_XML_ATTR, MY_XML_TEXT };
struct my_xml_node {
    enum my_xml_kind kind;
    uint32_t parent;
    const char *name;          /* of elements and attributes: into the text */
    size_t name_len;
    const char *text;          /* of texts and attributes */
    size_t text_len;
    const char *from, *to;     /* an element's own text, tags and all */
};
struct my_xml {
    struct my_xml_node *nodes; /* in document order; 0 is the root */
    size_t n;
};
#define MY_XML_NODES_MAX 20000

/* The tree of a text; nodes lie in arena and point into text. -EINVAL with a reason (static text) when it is not well formed,
 * -ENOMEM, -E2BIG past MY_XML_NODES_MAX nodes. */
int my_xml_parse(struct arena *arena, const char *text, size_t len, struct my_xml *ret, const char **ret_why);

struct my_xpath;
/* 0 and *ret; -EINVAL: *ret_at is where the server's error begins in path, *ret_variable whether it names a variable. */
int my_xpath_parse(struct arena *arena, const char *path, size_t len, struct my_xpath **ret, const char **ret_at, bool *ret_variable);

struct my_xpath_value {
    bool is_nodes;
    uint32_t *nodes;           /* in document order */
    size_t n_nodes;
    bool is_number, is_bool;
    double number;
    const char *text;          /* of a text value */
    size_t len;
};
/* steps counts work down; 0: too much. -E2BIG, -ENOMEM. */
int my_xpath_eval(const struct my_xpath *x, const struct my_xml *xml, struct arena *arena, uint64_t *steps, struct my_xpath_value *ret);

#endif
