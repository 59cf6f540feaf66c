/* SPDX-License-Identifier: BSD-2-Clause */
/* Walks the rows of structures over bytes. */
#include "dissector/walk.h"

/* Loops over arrays end because elements are longer than 0. */
#define ARRAY(strct, name, offset, element, count, abbrev, label) \
	static_assert(element##_SIZE > 0, "an element of " #strct "." #name " has no size");
#include "spec/nvme.def"

static int walk_rows(struct walk *walk, unsigned int strct, uint64_t base, uint8_t depth);

static bool is_there(const struct window *window, uint64_t offset, uint64_t len)
{
	return offset >= window->start && offset - window->start <= window->len &&
	       len <= window->len - (offset - window->start);
}

/* All of a field; of a register the bytes that its bits lie in. */
static bool field_is_there(const struct window *window, const struct table_row *row,
			   uint64_t base)
{
	uint64_t offset = base + row->offset;

	if (!window->is_register || row->width == 0)
		return is_there(window, offset, row->length);
	return is_there(window, offset + row->shift / 8u,
			(row->shift + row->width - 1u) / 8u - row->shift / 8u + 1u);
}

static const uint8_t *at(const struct window *window, uint64_t offset)
{
	return window->bytes + (window->is_register ? offset : offset - window->start);
}

static bool is_big_endian(const struct table_row *row)
{
	return row->kind >= KIND_BDEC && row->kind <= KIND_BINT;
}

uint64_t walk_number(const struct table_row *row, const uint8_t *bytes)
{
	uint64_t value = is_big_endian(row) ? bytes_get_be(bytes, row->length)
					    : bytes_get_le(bytes, row->length);

	return bits_get(value, row->shift, row->width);
}

/* Of a row whose structure begins at base; its bytes are there.  Where 8 are
 * there, they are read without a look at how many it has. */
static inline uint64_t number_in(const struct window *window, const struct table_row *row,
				 uint64_t base)
{
	const uint8_t *bytes = at(window, base + row->offset);
	uint64_t value;

	if (window->start + window->len - (base + row->offset) < 8)
		return walk_number(row, bytes);
	value = is_big_endian(row) ? bytes_get_be(bytes, 8) >> (64 - 8 * row->length)
				   : bytes_get_le(bytes, 8);
	return bits_get(value, row->shift, row->width);
}

static bool is_number(const struct table_row *row)
{
	return row->kind >= KIND_DEC && row->kind <= KIND_BINT;
}

/* Whether the field means something beside the other fields. */
static inline bool means_something(const struct window *window, const struct table_only *only,
				   uint64_t base, bool whole)
{
	const struct table_row *other = &table_rows[only->other];
	uint64_t number;

	if (!whole && !field_is_there(window, other, base))
		return false;
	number = number_in(window, other, base);
	return number >= only->low && number <= only->high;
}

/* The field of row i, of which item gets what it is by itself; whole: all of the
 * structure is there.  False: the field is not. */
static inline bool find_field(const struct window *window, unsigned int i, uint64_t base,
			      bool whole, struct decode_item *item)
{
	const struct table_row *row = &table_rows[i];

	item->len = row->length;
	if (row->length == 0) {
		if (!is_there(window, base + row->offset, 1))
			return false;
		item->len = (uint32_t)(window->len - (base + row->offset - window->start));
	} else if (!whole && !field_is_there(window, row, base)) {
		return false;
	}
	if (table_only[i].other != 0 && !means_something(window, &table_only[i], base, whole))
		return false;
	item->row = row;
	item->bytes = at(window, base + row->offset);
	item->number = is_number(row) ? number_in(window, row, base) : 0;
	return true;
}

static int visit_heading(struct walk *walk, const struct table_row *row, uint32_t index,
			 uint8_t depth)
{
	struct decode_item item = {
		.row = row, .rec = walk->rec, .index = index, .depth = depth,
		.element = walk->element,
	};

	return walk->fn(walk->ctx, &item);
}

/* Whether all bytes of [offset, offset + len) that are there are zero. */
static bool is_zero(const struct window *window, uint64_t offset, uint64_t len)
{
	uint64_t end = window->start + window->len;
	const uint8_t *p;

	if (offset < window->start) {
		len -= window->start - offset;
		offset = window->start;
	}
	if (len > end - offset)
		len = end - offset;
	p = at(window, offset);
	for (uint64_t i = 0; i < len; i++)
		if (p[i] != 0)
			return false;
	return true;
}

/* Never part of walk_rows, whose loop over fields it would slow down. */
static __attribute__((noinline)) int visit_array(struct walk *walk, const struct table_row *row,
						 uint64_t base, uint8_t depth)
{
	const struct window *window = &walk->window;
	uint64_t size = table_rows[row->element].length;
	uint64_t begin = base + row->offset, end = window->start + window->len;
	uint64_t i = window->start > begin ? (window->start - begin) / size : 0;
	bool was_element = walk->element;
	int ret = 0;

	walk->element = true;
	for (; ret == 0 && (row->count == 0 || i < row->count) && begin + i * size < end; i++) {
		if (is_zero(window, begin + i * size, size))
			continue;
		ret = visit_heading(walk, row, (uint32_t)i, depth);
		if (ret == 0)
			ret = walk_rows(walk, row->element, begin + i * size,
					(uint8_t)(depth + 1));
	}
	walk->element = was_element;
	return ret;
}

/* The rows of a structure that begins at base of the window. */
static int walk_rows(struct walk *walk, unsigned int strct, uint64_t base, uint8_t depth)
{
	struct decode_item item = {
		.rec = walk->rec, .depth = depth, .element = walk->element,
	};
	bool whole = !walk->window.is_register && table_rows[strct].length != 0 &&
		     is_there(&walk->window, base, table_rows[strct].length);
	int ret = 0;

	for (unsigned int i = strct + 1; ret == 0 && i < NR_ROWS; i++) {
		const struct table_row *row = &table_rows[i];

		if (row->type == TYPE_STRUCT)
			break;
		if (row->type == TYPE_FIELD)
			ret = find_field(&walk->window, i, base, whole, &item) ?
				      walk->fn(walk->ctx, &item) : 0;
		else
			ret = visit_array(walk, row, base, depth);
	}
	return ret;
}

static bool has_rows(unsigned int strct)
{
	return strct + 1 < NR_ROWS && table_rows[strct + 1].type != TYPE_STRUCT;
}

int walk_struct(struct walk *walk, unsigned int strct, const struct window *window)
{
	int ret;

	if (!has_rows(strct) || window->len == 0)
		return 0;
	if (walk->struct_fn != NULL)
		return walk->struct_fn(walk->ctx, strct, window);
	walk->window = *window;
	ret = visit_heading(walk, &table_rows[strct], 0, 0);
	return ret != 0 ? ret : walk_rows(walk, strct, 0, 1);
}

int walk_bytes(struct walk *walk, unsigned int strct, const uint8_t *bytes, uint32_t len)
{
	struct window window = { .bytes = bytes, .len = len };

	return walk_struct(walk, strct, &window);
}

bool walk_field(const struct window *window, unsigned int i, struct decode_item *item)
{
	return find_field(window, i, 0, false, item);
}

int walk_window(unsigned int strct, const struct window *window, decode_fn *fn, void *ctx)
{
	struct walk walk = { .fn = fn, .ctx = ctx };

	return walk_struct(&walk, strct, window);
}

/* A descriptor's header, or what follows it, below the list's heading. */
static int walk_descriptor(struct walk *walk, unsigned int strct, const uint8_t *bytes,
			   uint32_t len)
{
	if (!has_rows(strct) || len == 0)
		return 0;
	walk->window = (struct window){ .bytes = bytes, .len = len };
	if (walk->struct_fn != NULL)
		return walk->struct_fn(walk->ctx, strct, &walk->window);
	return walk_rows(walk, strct, 0, 2);
}

int walk_descriptors(struct walk *walk, unsigned int list, const uint8_t *bytes, uint32_t len)
{
	bool headings = walk->struct_fn == NULL;
	int ret = headings ? visit_heading(walk, &table_rows[list], 0, 0) : 0;

	walk->element = true;
	for (uint32_t nr = 0; ret == 0 && len >= ns_desc_SIZE; nr++) {
		uint32_t item_len = bytes[ns_desc_nidl_OFFSET];
		unsigned int item = table_item(list, bytes[ns_desc_nidt_OFFSET]);

		if (item_len == 0)
			break;
		if (item_len > len - ns_desc_SIZE)
			item_len = len - ns_desc_SIZE;
		if (headings)
			ret = visit_heading(walk, &table_rows[S_ns_desc], nr, 1);
		if (ret == 0)
			ret = walk_descriptor(walk, S_ns_desc, bytes, ns_desc_SIZE);
		if (ret == 0)
			ret = walk_descriptor(walk, item, bytes + ns_desc_SIZE, item_len);
		bytes += ns_desc_SIZE + item_len;
		len -= ns_desc_SIZE + item_len;
	}
	walk->element = false;
	return ret;
}
