// Tables: sorted by a click on a heading, and shown in steps where they are long.
'use strict';

const ROWS_AT_ONCE = 50;

// Returns a table. A column has `title`, `cell(row)` for its content, and, where it can be sorted, `value(row)`;
// `number` aligns it to the right. The first column heads its row.
function dataTable(caption, columns, rows, { atOnce = ROWS_AT_ONCE, omitted = 0, sorted = null } = {}) {
  let [order, isUp, shown] = [sorted, false, atOnce];
  const body = el('tbody');
  const more = el('button', { type: 'button', class: 'button more', onclick: () => showMore() });
  const note = el('p', { class: 'note' }, omitted > 0 ? `${integer(omitted)} more are not on this page.` : null);
  const headings = columns.map((column) => {
    const sort = column.value ? el('button', { type: 'button', class: 'sort', onclick: () => sortBy(column) }, column.title) : column.title;
    return el('th', { scope: 'col', class: column.number ? 'number' : null }, sort);
  });

  const compare = (one, other) => {
    const [a, b] = [order.value(one), order.value(other)];
    const ascending = typeof a === 'number' ? a - b : String(a).localeCompare(String(b), 'en', { numeric: true });
    return isUp ? ascending : -ascending;
  };
  const fill = () => {
    const all = order ? [...rows].sort(compare) : rows;
    body.replaceChildren(
      ...all.slice(0, shown).map((row) =>
        el('tr', {}, columns.map((column, at) =>
          at === 0
            ? el('th', { scope: 'row' }, column.cell(row))
            : el('td', { class: column.number ? 'number' : null }, column.cell(row)))),
      ),
    );
    columns.forEach((column, at) => {
      if (column.value) headings[at].setAttribute('aria-sort', column !== order ? 'none' : isUp ? 'ascending' : 'descending');
    });
    more.hidden = rows.length <= shown;
    more.textContent = `Show ${integer(Math.min(rows.length - shown, 4 * atOnce))} more of ${integer(rows.length - shown)}`;
    note.hidden = omitted === 0 || !more.hidden;
  };
  const sortBy = (column) => {
    isUp = order === column ? !isUp : !column.number;
    order = column;
    fill();
  };
  const showMore = () => {
    shown += 4 * atOnce;
    fill();
  };
  fill();
  const table = el('table', {}, el('caption', {}, caption), el('thead', {}, el('tr', {}, headings)), body);
  return el('div', { class: 'table' }, scrollable(caption, table), more, note);
}

// Returns a frame in which wide content scrolls, by keyboard as well.
function scrollable(label, content) {
  return el('div', { class: 'scroll', role: 'group', 'aria-label': label, tabindex: 0 }, content);
}

// Returns a column of bytes with a bar, relative to the largest.
function bytesColumn(title, value, rows, tone = '') {
  const largest = rows.reduce((most, row) => Math.max(most, value(row)), 0);
  return { title, value, number: true, cell: (row) => [bar(value(row) / largest, tone), bytes(value(row))] };
}

// Returns a column of counts.
const countColumn = (title, value) => ({ title, value, number: true, cell: (row) => integer(value(row)) });

// Returns a column of a change from old to new bytes.
const changeColumn = (title, pair) => ({
  title,
  value: (row) => pair(row).new - pair(row).old,
  number: true,
  cell: (row) => changeOf(pair(row)),
});

// Returns a change with an arrow, so that it does not depend on colour.
function changeOf({ old, new: now }) {
  const change = now - old;
  const tone = change > 0 ? 'grown' : change < 0 ? 'shrunk' : '';
  const arrow = change > 0 ? '▲ ' : change < 0 ? '▼ ' : '';
  const share = old > 0 && change !== 0 ? ` (${change > 0 ? '+' : '−'}${percent(Math.abs(change), old)})` : '';
  return el('span', { class: `change ${tone}` }, el('span', { 'aria-hidden': 'true' }, arrow), signedBytes(change) + share);
}

// Returns paths, one a line, and how many are not listed.
function paths(list, omitted = 0) {
  const more = omitted > 0 ? el('li', { class: 'note' }, `and ${integer(omitted)} more`) : null;
  return el('ul', { class: 'paths' }, list.map((path) => el('li', {}, typeof path === 'string' ? code(path) : path)), more);
}
