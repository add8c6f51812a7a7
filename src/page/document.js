// Builds elements, and formats names and numbers. Names come from wheels and are hostile: they become text nodes
// and attribute values, and nothing is parsed as HTML.
'use strict';

// Returns a new element. Attributes that begin with `on` are listeners, `style` is an object of properties; a
// child is an element, a text, or null. `href` and `src` are never set.
function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'style') {
      for (const [property, it] of Object.entries(value)) element.style.setProperty(property, it);
    } else if (name !== 'href' && name !== 'src') element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

// Returns a name with control and bidirectional characters escaped, as in the text report.
function visible(name) {
  if (name === '') return '(empty name)';
  return String(name).replace(CONTROLS, (it) => `\\u{${it.codePointAt(0).toString(16)}}`);
}

// Returns a file name or a path in the type for code.
const code = (name) => el('code', {}, visible(name));

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

// Formats a number of bytes as the text report does, with a space that does not break.
function bytes(count) {
  let value = Math.round(count);
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit + 1 < UNITS.length) {
    value /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${value}\u00a0B` : `${value.toFixed(1)}\u00a0${UNITS[unit]}`;
}

// Formats a change in bytes with its sign.
function signedBytes(count) {
  const value = Math.round(count);
  if (value === 0) return '±0\u00a0B';
  return `${value < 0 ? '−' : '+'}${bytes(Math.abs(value))}`;
}

const GROUPED = new Intl.NumberFormat('en');

const integer = (count) => GROUPED.format(count);

// Formats a count with its noun.
const counted = (count, noun, plural = `${noun}s`) => `${integer(count)} ${count === 1 ? noun : plural}`;

// Formats a share of a whole.
const percent = (part, whole) => (whole > 0 ? `${((100 * part) / whole).toFixed(1)}\u00a0%` : '–');

// Returns a section with a heading.
function section(id, title, ...content) {
  return el('section', { 'aria-labelledby': id }, el('h2', { id }, title), ...content);
}

// Returns a bar of a length from 0 to 1, for the eye only.
function bar(share, tone = '') {
  const width = `${Math.max(0, Math.min(1, share || 0)) * 100}%`;
  return el('span', { class: 'bar', 'aria-hidden': 'true' }, el('span', { class: `fill ${tone}`, style: { width } }));
}
