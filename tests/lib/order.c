// SPDX-License-Identifier: MIT
#include "order.h"

bool test_next_order(int *order, int n) {
	int i = n - 2;
	while (i >= 0 && order[i] > order[i + 1]) {
		i--;
	}
	if (i < 0) {
		return false;
	}
	int j = n - 1, swapped = order[i];
	while (order[j] < order[i]) {
		j--;
	}
	order[i] = order[j];
	order[j] = swapped;
	for (int a = i + 1, b = n - 1; a < b; a++, b--) {
		swapped = order[a];
		order[a] = order[b];
		order[b] = swapped;
	}
	return true;
}
