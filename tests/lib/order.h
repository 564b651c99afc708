// SPDX-License-Identifier: MIT
// Trying out every order of some steps.
#ifndef VITRINE_TESTS_LIB_ORDER_H
#define VITRINE_TESTS_LIB_ORDER_H

#include <stdbool.h>

// The next permutation of n numbers in lexical order. False after the last.
bool test_next_order(int *order, int n);

#endif
