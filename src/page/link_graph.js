// Draws wheels as boxes with their libraries, and how each library finds those of other wheels.
'use strict';

const SVG = 'http://www.w3.org/2000/svg';
const BOX = { width: 300, head: 44, row: 22, gap: 28, column: 130, pad: 16 };

// Maximum number of libraries that a box lists.
const MAX_ROWS = 40;

// How a library is found: its name, and the pattern of its line.
const FOUND_BY = {
  rpath: ['RPATH', ''],
  'inherited rpath': ['RPATH of a file that loaded it', '10 3'],
  runpath: ['RUNPATH', '6 4'],
  loaded: ['loaded before', '2 4'],
  path: ['a path in DT_NEEDED', '12 4 2 4'],
};

// Returns a new SVG element. Names become text nodes.
function drawn(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// Returns the column of each wheel: one behind the last of those that need it. Circles are cut at their first wheel.
function columnsOf(count, links) {
  const needs = Array.from({ length: count }, () => new Set());
  for (const { from, to } of links) if (from !== to) needs[from].add(to);
  const columns = new Array(count).fill(0);
  const state = new Array(count).fill(0);
  const order = [];
  // Depth first, without recursion.
  for (let start = 0; start < count; start += 1) {
    const stack = state[start] === 0 ? [[start, [...needs[start]]]] : [];
    if (stack.length) state[start] = 1;
    while (stack.length) {
      const [wheel, rest] = stack[stack.length - 1];
      const next = rest.pop();
      if (next === undefined) {
        state[wheel] = 2;
        order.unshift(wheel);
        stack.pop();
      } else if (state[next] === 0) {
        state[next] = 1;
        stack.push([next, [...needs[next]]]);
      } else if (state[next] === 1) needs[wheel].delete(next);
    }
  }
  for (const wheel of order) for (const next of needs[wheel]) columns[next] = Math.max(columns[next], columns[wheel] + 1);
  return columns;
}

// Shortens a text in its middle.
function shortened(text, most) {
  const shown = visible(text);
  if (shown.length <= most) return shown;
  const half = Math.floor((most - 1) / 2);
  return `${shown.slice(0, half)}…${shown.slice(shown.length - half)}`;
}

// Returns the boxes of the graph: wheels with the libraries that have a link or a problem, and what is not found.
function boxesOf(data, links) {
  const used = new Set(links.flatMap(({ from, to }) => [from, to]));
  data.libraries.forEach((library, at) => {
    if (library.problems > 0) used.add(at);
  });
  const boxes = data.wheels.map((wheel) => ({ title: wheel.package, note: wheel.version, rows: [], isBad: wheel.problems > 0 }));
  const places = new Map();
  for (const at of [...used].sort((one, other) => one - other)) {
    const library = data.libraries[at];
    const box = boxes[library.wheel];
    if (box.rows.length < MAX_ROWS) {
      places.set(at, [library.wheel, box.rows.length]);
      box.rows.push({ text: library.path, isBad: library.problems > 0 });
    } else places.set(at, [library.wheel, MAX_ROWS - 1]);
  }
  return { boxes, places };
}

function drawBox(box) {
  const height = BOX.head + box.rows.length * BOX.row + 8;
  const frame = drawn('rect', { width: BOX.width, height, rx: 8, class: box.isBad ? 'box bad' : 'box' });
  const title = drawn('text', { x: 12, y: 20, class: 'title' }, shortened(box.title, 34));
  const note = drawn('text', { x: 12, y: 36, class: 'muted' }, box.note ? shortened(box.note, 44) : '');
  const rows = box.rows.map((row, at) =>
    drawn('text', { x: 12, y: BOX.head + at * BOX.row + 15, class: row.isBad ? 'library bad' : 'library' },
      drawn('title', {}, visible(row.text)), (row.isBad ? '✗ ' : '') + shortened(row.text, 40)));
  return drawn('g', { transform: `translate(${box.x} ${box.y})` }, frame, title, note, ...rows);
}

// Returns a line from the right side of a row to the left side of another.
function drawLine(boxes, [fromBox, fromRow], [toBox, toRow], kind, title) {
  const y = (box, row) => boxes[box].y + BOX.head + row * BOX.row + 11;
  const [x1, y1] = [boxes[fromBox].x + BOX.width, y(fromBox, fromRow)];
  const isForward = boxes[toBox].x > boxes[fromBox].x;
  const [x2, y2] = [boxes[toBox].x + (isForward ? 0 : BOX.width), y(toBox, toRow)];
  const bend = isForward ? (x2 - x1) / 2 : 60;
  const curve = `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 + (isForward ? -bend : bend)} ${y2} ${x2} ${y2}`;
  const dashes = kind === 'missing' ? '' : FOUND_BY[kind][1];
  return drawn('path', { d: curve, class: kind === 'missing' ? 'link bad' : 'link', 'stroke-dasharray': dashes || null },
    drawn('title', {}, title));
}

// Returns the graph, or null if no library needs one of another wheel.
function linkGraph(data) {
  const wheelOf = (library) => data.libraries[library].wheel;
  const links = data.links.filter((link) => link.to !== null && wheelOf(link.from) !== wheelOf(link.to));
  const missing = data.missing;
  if (links.length === 0 && missing.length === 0) return null;
  const { boxes, places } = boxesOf(data, links);
  const columns = columnsOf(boxes.length, links.map(({ from, to }) => ({ from: wheelOf(from), to: wheelOf(to) })));
  if (missing.length > 0) {
    const names = [...new Set(missing.map((it) => it.name))].slice(0, MAX_ROWS);
    boxes.push({ title: 'Not found', note: '', rows: names.map((text) => ({ text, isBad: true })), isBad: true });
    columns.push(Math.max(0, ...columns) + 1);
  }
  const heights = [];
  boxes.forEach((box, at) => {
    if (box.rows.length === 0) return;
    const column = columns[at];
    box.x = BOX.pad + column * (BOX.width + BOX.column);
    box.y = heights[column] || BOX.pad;
    heights[column] = box.y + BOX.head + box.rows.length * BOX.row + 8 + BOX.gap;
  });
  const shown = boxes.filter((box) => box.rows.length > 0);
  const lines = links.map((link) =>
    drawLine(boxes, places.get(link.from), places.get(link.to), link.by,
      `${visible(data.libraries[link.from].path)} needs ${visible(link.name)}, found by ${FOUND_BY[link.by][0]}`));
  const notFound = boxes.length - 1;
  for (const it of missing) {
    const row = boxes[notFound].rows.findIndex((found) => found.text === it.name);
    if (row >= 0 && places.has(it.from)) {
      lines.push(drawLine(boxes, places.get(it.from), [notFound, row], 'missing', `${visible(it.name)} is not found`));
    }
  }
  const [width, height] = [Math.max(...shown.map((box) => box.x)) + BOX.width + BOX.pad, Math.max(...heights.filter(Boolean))];
  const label = `${counted(shown.length, 'box', 'boxes')}, ${counted(links.length, 'link')} between wheels, ${counted(missing.length, 'library', 'libraries')} not found. The tables below have the same links.`;
  return drawn('svg', { width, height, viewBox: `0 0 ${width} ${height}`, class: 'graph', role: 'img', 'aria-label': label },
    ...lines, ...shown.map(drawBox));
}
