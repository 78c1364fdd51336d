/* cmocka wants these in this order before its own header. */
#ifndef HOTARU_TESTS_CMOCKA_ALL_H
#define HOTARU_TESTS_CMOCKA_ALL_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#endif
