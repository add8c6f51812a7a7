// The part of the page in which one moves through the bytes of one wheel, or of two side by side: breadcrumbs, a
// treemap for each wheel, a legend, and a table with the same parts.
'use strict';

const SIZES = { inWheel: 'in the wheel', unpacked: 'unpacked' };

// Where each theme has a colour of its own: see page.css.
const CHANGES = { added: 'only in the new wheel', removed: 'only in the old wheel', grown: 'larger', shrunk: 'smaller', same: 'the same size' };

class Explorer {
  // `trees` are one or two roots; `number` distinguishes the wheels of a page in addresses.
  constructor(trees, number) {
    this.trees = trees;
    this.number = number;
    this.size = 'inWheel';
    this.keys = [];
    this.status = el('p', { role: 'status', class: 'unseen' });
    this.crumbs = el('ol');
    this.legend = el('ul', { class: 'legend' });
    this.table = el('div');
    this.help = `help-${number}`;
    const labels = trees.length === 2 ? ['Old', 'New'] : ['Treemap'];
    this.maps = trees.map((root, side) => new Treemap(labels[side], {
      zoom: (node, from, key) => this.zoom(keysOf(node), { from, key, side }),
      describe: (node) => this.describe(node, side),
      tone: (node, hasInside) => this.tone(node, side, hasInside),
      style: (node) => this.style(node, side),
      drawn: () => this.showLegend(),
    }));
    this.element = el('div', { class: 'explorer' },
      el('div', { class: 'tools' },
        el('nav', { 'aria-label': 'Place in the wheel' }, this.crumbs),
        this.sizeChoice()),
      el('div', { class: trees.length === 2 ? 'maps two' : 'maps' }, this.maps.map((map, side) => el('div', {},
        trees.length === 2 ? el('p', { class: 'side' }, `${labels[side]}: `, code(trees[side].name), ` – ${bytes(trees[side].inWheel)}`) : null,
        map.element))),
      this.legend,
      el('p', { class: 'note', id: this.help }, 'Click or Enter zooms in, Escape zooms out, the arrow keys move. The table has the same parts.',
        trees.length === 2 ? ' The stronger a colour is, the larger is the change.' : null),
      this.status,
      this.table);
  }

  sizeChoice() {
    const choose = (size) => () => {
      this.size = size;
      this.show({});
    };
    const radio = ([size, title]) => el('label', {},
      el('input', { type: 'radio', name: `size-${this.number}`, checked: size === this.size, onchange: choose(size) }), title);
    return el('fieldset', { class: 'choice' }, el('legend', { class: 'unseen' }, 'Sizes'), Object.entries(SIZES).map(radio));
  }

  // Returns the node of each wheel at the present place; null where a wheel lacks it.
  nodes() {
    return this.trees.map((root) => nodeAt(root, this.keys));
  }

  // Zooms to a place, and enters it in the history.
  zoom(keys, options = {}) {
    try {
      window.history.pushState(null, '', `#${[this.number, ...keys].map(encodeURIComponent).join('/')}`);
    } catch {
      // A viewer without a history of its own.
    }
    this.place(keys, { focus: true, ...options });
    const [node] = this.nodes().filter((it) => it);
    const parts = counted(node.children.length, 'part');
    this.status.textContent = `${pathOf(node)}: ${bytes(node[this.size])} ${SIZES[this.size]}, ${parts}`;
  }

  // Goes to the longest part of a place that exists.
  place(keys, options) {
    this.keys = keys;
    while (this.keys.length > 0 && !this.nodes().some((it) => it && it.children.length > 0)) this.keys = this.keys.slice(0, -1);
    this.show(options);
  }

  show({ from = null, key = null, side = 0, focus = false }) {
    const nodes = this.nodes();
    this.maps.forEach((map, at) => {
      map.show(nodes[at], this.size, this.help);
      if (at === side) map.grow(from);
    });
    if (focus) this.maps[side].focusKey(key);
    this.showCrumbs(nodes.find((it) => it));
    this.table.replaceChildren(this.trees.length === 2 ? this.comparison(nodes) : this.parts(nodes[0]));
  }

  showCrumbs(node) {
    const trail = [];
    for (let at = node; at; at = at.parent) trail.unshift(at);
    this.crumbs.replaceChildren(...trail.map((it, depth) => {
      const name = depth === 0 && this.trees.length === 2 ? 'both wheels' : visible(it.name);
      const isHere = it === node;
      const content = isHere ? el('span', { 'aria-current': 'location' }, name)
        : el('button', { type: 'button', class: 'go', onclick: () => this.zoom(keysOf(it), { key: trail[depth + 1].key }) }, name);
      return el('li', {}, content);
    }));
  }

  showLegend() {
    if (!this.maps) return;
    const tones = this.trees.length === 2 ? CHANGES : TONE_NAMES;
    const isDrawn = (tone) => this.maps.some((map) => map.box.querySelector(`.tile.${tone}`));
    this.legend.replaceChildren(...Object.entries(tones).filter(([tone]) => isDrawn(tone)).map(([tone, name]) =>
      el('li', {}, el('span', { class: `swatch ${tone}`, 'aria-hidden': 'true' }), name)));
  }

  // Returns the same place in the other wheel.
  counterpart(node, side) {
    return this.trees.length === 2 ? nodeAt(this.trees[1 - side], keysOf(node)) : null;
  }

  change(node, side) {
    const other = this.counterpart(node, side);
    if (!other) return side === 0 ? 'removed' : 'added';
    const [old, now] = side === 0 ? [node, other] : [other, node];
    return old[this.size] === now[this.size] ? 'same' : old[this.size] < now[this.size] ? 'grown' : 'shrunk';
  }

  tone(node, side, hasInside) {
    if (this.trees.length === 1) return hasInside ? `${node.tone} parent` : node.tone;
    return hasInside ? 'directory parent' : this.change(node, side);
  }

  // Returns a colour that is the stronger, the larger the change is: in full from a quarter on.
  style(node, side) {
    const other = this.counterpart(node, side);
    if (!other || node[this.size] === other[this.size]) return {};
    const sizes = [node[this.size], other[this.size]];
    const change = Math.abs(sizes[0] - sizes[1]) / Math.max(...sizes);
    return { '--chroma': (0.03 + 0.11 * Math.min(1, 4 * change)).toFixed(3) };
  }

  // Returns what is known about a node, a line each; the first is its name.
  describe(node, side) {
    const root = this.trees[side];
    const lines = [
      visible(node.name),
      `${bytes(node.inWheel)} in the wheel, ${percent(node.inWheel, root.inWheel)} of it`,
      `${bytes(node.unpacked)} unpacked`,
    ];
    if (this.trees.length === 2) {
      const other = this.counterpart(node, side);
      const [old, now] = side === 0 ? [node, other] : [other, node];
      const change = CHANGES[this.change(node, side)];
      lines.push(other ? `${change}: ${signedBytes(now[this.size] - old[this.size])}` : change);
    }
    if (node.note) lines.push(node.note);
    if (node.children.length > 0) lines.push(counted(node.children.length, 'part'));
    return lines;
  }

  // Returns the name of a part: a button if it has parts of its own.
  name(node) {
    const name = ['rest'].includes(node.what) ? visible(node.name) : code(node.name);
    if (node.children.length === 0) return name;
    return el('button', { type: 'button', class: 'go', onclick: () => this.zoom(keysOf(node), { side: this.sideOf(node) }) }, name);
  }

  sideOf(node) {
    let root = node;
    while (root.parent) root = root.parent;
    return Math.max(0, this.trees.indexOf(root));
  }

  parts(node) {
    const rows = node.children;
    const whole = node[this.size];
    const tone = (row) => row.tone.split(' ')[0];
    const columns = [
      { title: 'Part', value: (row) => row.name, cell: (row) => this.name(row) },
      { title: 'What', value: (row) => row.what, cell: (row) => (row.what === 'file' ? row.note : row.what === 'rest' ? '' : row.what) },
      { title: 'Share', value: (row) => row[this.size], number: true, cell: (row) => [bar(row[this.size] / whole, tone(row)), percent(row[this.size], whole)] },
      { title: 'In the wheel', value: (row) => row.inWheel, number: true, cell: (row) => bytes(row.inWheel) },
      { title: 'Unpacked', value: (row) => row.unpacked, number: true, cell: (row) => bytes(row.unpacked) },
    ];
    return dataTable(`Parts of ${pathOf(node)}`, columns, rows, { atOnce: 12, sorted: columns[2] });
  }

  comparison(nodes) {
    const keys = new Set(nodes.flatMap((node) => (node ? node.children.map((it) => it.key) : [])));
    const rows = [...keys].map((key) => nodes.map((node) => (node && node.byKey.get(key)) || null));
    const of = (side) => ({
      title: `${side === 0 ? 'Old' : 'New'}, ${SIZES[this.size]}`,
      value: (row) => (row[side] ? row[side][this.size] : 0),
      number: true,
      cell: (row) => (row[side] ? bytes(row[side][this.size]) : '–'),
    });
    const change = (row) => ({ old: row[0] ? row[0][this.size] : 0, new: row[1] ? row[1][this.size] : 0 });
    const columns = [
      { title: 'Part', value: (row) => (row[1] || row[0]).name, cell: (row) => this.name(row[1] || row[0]) },
      of(0),
      of(1),
      { ...changeColumn('Change', change), value: (row) => Math.abs(change(row).new - change(row).old) },
    ];
    const place = nodes.find((it) => it);
    const caption = place.parent ? `Parts of ${pathOf(place)} in both wheels` : 'Parts of both wheels';
    return dataTable(caption, columns, rows, { atOnce: 12, sorted: columns[3] });
  }
}
