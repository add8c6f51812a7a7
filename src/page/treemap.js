// Draws a treemap with the layout of d3-hierarchy. The parts of a node are buttons, of which Tab reaches one and the
// arrow keys the others; what is in a part is drawn inside its button, for the eye and the pointer.
'use strict';

const MAX_TILES = 120;
const MAX_DEPTH = 6;
const TITLE_HEIGHT = 20;

// Returns a node's largest parts, the rest as one.
function largestParts(node, size) {
  const sorted = node.children.filter((it) => it[size] > 0).sort((one, other) => other[size] - one[size]);
  if (sorted.length <= MAX_TILES) return sorted;
  const rest = sorted.slice(MAX_TILES);
  const others = sizeNode(counted(rest.length, 'smaller part'), 'rest', 'rest');
  others.parent = node;
  others[size] = rest.reduce((sum, it) => sum + it[size], 0);
  return [...sorted.slice(0, MAX_TILES), others];
}

// Returns the drawing data of a node down to a depth.
function drawnTree(node, size, depth) {
  const children = depth > 0 ? largestParts(node, size).map((child) => drawnTree(child, size, depth - 1)) : [];
  return { node, children };
}

function hasTitle(drawn) {
  return drawn.depth > 0 && drawn.x1 - drawn.x0 > 50 && drawn.y1 - drawn.y0 > 2.2 * TITLE_HEIGHT;
}

function layout(node, size, width, height) {
  const root = d3.hierarchy(drawnTree(node, size, MAX_DEPTH)).sum((it) => (it.children.length ? 0 : it.node[size]));
  const border = (drawn) => (drawn.depth === 0 ? 0 : 3);
  d3
    .treemap()
    .size([width, height])
    .round(true)
    .paddingInner(2)
    .paddingTop((drawn) => (hasTitle(drawn) ? TITLE_HEIGHT : border(drawn)))
    .paddingLeft(border)
    .paddingRight(border)
    .paddingBottom(border)(root);
  return root;
}

class Treemap {
  // `options.zoom(node)` is called to show a node, and `options.drawn()` after each drawing;
  // `options.describe(node)` returns lines of text, and `options.tone(node)` the classes of a tile,
  // and `options.style(node)` properties of its style.
  constructor(label, options) {
    this.options = options;
    this.label = label;
    this.box = el('div', { class: 'treemap', role: 'group', onkeydown: (event) => this.pressed(event) });
    this.tip = el('div', { class: 'tip', 'aria-hidden': 'true', hidden: true });
    this.element = el('div', { class: 'treemap-frame' }, this.box, this.tip);
    this.buttons = [];
    this.box.addEventListener('pointermove', (event) => this.pointed(event));
    this.box.addEventListener('pointerleave', () => this.hideTip());
    this.width = 0;
    new ResizeObserver(() => {
      if (this.node && this.box.clientWidth !== this.width) this.draw();
    }).observe(this.box);
  }

  // Shows a node; null stands for a part that this wheel lacks.
  show(node, size, help) {
    this.node = node;
    this.size = size;
    this.box.setAttribute('aria-describedby', help);
    this.draw();
  }

  draw() {
    const hadFocus = this.box.contains(document.activeElement);
    this.hideTip();
    this.nodes = [];
    this.buttons = [];
    this.width = this.box.clientWidth;
    if (!this.node || this.node[this.size] <= 0) {
      this.box.setAttribute('aria-label', this.label);
      this.box.replaceChildren(el('p', { class: 'nothing' }, 'Nothing here in this wheel.'));
      this.options.drawn();
      return;
    }
    this.box.setAttribute('aria-label', `${this.label}: parts of ${pathOf(this.node)}`);
    const root = layout(this.node, this.size, this.width, this.box.clientHeight);
    const tiles = root.children ? root.children : [root];
    this.box.replaceChildren(...tiles.map((drawn) => this.button(drawn)).filter((it) => it));
    this.focusable(0);
    if (hadFocus) this.focus(0);
    this.options.drawn();
  }

  button(drawn) {
    const node = drawn.data.node;
    const tile = this.tile('button', drawn, { x0: 0, y0: 0 });
    tile.type = 'button';
    tile.tabIndex = -1;
    tile.setAttribute('aria-label', this.options.describe(node).join(', '));
    tile.addEventListener('click', (event) => this.clicked(event, tile));
    tile.addEventListener('focus', () => {
      this.focusable(this.buttons.indexOf(tile));
      if (tile.matches(':focus-visible')) this.showTip(node, tile.getBoundingClientRect());
    });
    tile.addEventListener('blur', () => this.hideTip());
    this.buttons.push(tile);
    return tile;
  }

  // Returns a tile with those inside it, relative to the one that it is in.
  tile(tag, drawn, origin) {
    const node = drawn.data.node;
    const [width, height] = [drawn.x1 - drawn.x0, drawn.y1 - drawn.y0];
    const style = {
      left: `${drawn.x0 - origin.x0}px`,
      top: `${drawn.y0 - origin.y0}px`,
      width: `${width}px`,
      height: `${height}px`,
      ...this.options.style(node),
    };
    const isSmall = width < 34 || height < 15;
    const inside = (drawn.children || []).filter((it) => it.x1 - it.x0 > 2 && it.y1 - it.y0 > 2);
    const tile = el(
      tag,
      { class: `tile ${this.options.tone(node, inside.length > 0)}`, style, 'data-at': this.nodes.length },
      isSmall || (inside.length > 0 && !hasTitle(drawn))
        ? null
        : el('span', { class: 'title' }, visible(node.name), el('span', { class: 'size' }, bytes(node[this.size]))),
    );
    this.nodes.push(node);
    tile.append(...inside.map((it) => this.tile('span', it, drawn)));
    return tile;
  }

  // Zooms to the part under the pointer, or to the part that it is in; describes it if there is nothing to zoom to.
  clicked(event, button) {
    const under = event.detail > 0 ? event.target.closest('.tile') : button;
    const tile = under || button;
    let node = this.nodes[Number(tile.dataset.at)];
    while (node.children.length === 0 && node.parent && node.parent !== this.node) node = node.parent;
    if (node.children.length > 0 && node !== this.node) this.options.zoom(node, button.getBoundingClientRect());
    else this.showTip(this.nodes[Number(tile.dataset.at)], tile.getBoundingClientRect());
  }

  pressed(event) {
    const at = this.buttons.indexOf(document.activeElement);
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key in moves && at >= 0) this.focus(this.neighbour(at, ...moves[event.key]));
    else if (event.key === 'Home') this.focus(0);
    else if (event.key === 'End') this.focus(this.buttons.length - 1);
    else if (event.key === 'Escape' || event.key === 'Backspace') {
      if (this.node && this.node.parent) this.options.zoom(this.node.parent, null, this.node.key);
    } else return;
    event.preventDefault();
  }

  // Returns the index of the nearest button in a direction; the same one at the edge.
  neighbour(at, right, down) {
    const centre = (button) => {
      const box = button.getBoundingClientRect();
      return [box.x + box.width / 2, box.y + box.height / 2];
    };
    const [x, y] = centre(this.buttons[at]);
    let [best, nearest] = [at, Infinity];
    this.buttons.forEach((button, index) => {
      const [toX, toY] = centre(button);
      const along = (toX - x) * right + (toY - y) * down;
      const aside = Math.abs((toX - x) * down) + Math.abs((toY - y) * right);
      if (index !== at && along > 1 && along + 2 * aside < nearest) [best, nearest] = [index, along + 2 * aside];
    });
    return best;
  }

  focusable(at) {
    this.buttons.forEach((button, index) => {
      button.tabIndex = index === at ? 0 : -1;
    });
  }

  focus(at) {
    const button = this.buttons[at];
    if (button) button.focus({ preventScroll: true });
  }

  // Focuses the part with a key, else the first.
  focusKey(key) {
    const found = this.buttons.findIndex((button) => this.nodes[Number(button.dataset.at)].key === key);
    this.focus(Math.max(0, found));
  }

  pointed(event) {
    const tile = event.target.closest('.tile');
    if (tile && event.pointerType === 'mouse') {
      const place = { left: event.clientX, bottom: event.clientY + 14, top: event.clientY - 10 };
      this.showTip(this.nodes[Number(tile.dataset.at)], place);
    } else this.hideTip();
  }

  showTip(node, place) {
    const lines = this.options.describe(node);
    this.tip.replaceChildren(...lines.map((line, at) => el('div', { class: at === 0 ? 'tip-name' : '' }, line)));
    this.tip.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = this.tip;
    const left = Math.max(8, Math.min(place.left, document.documentElement.clientWidth - width - 8));
    const isBelow = place.bottom + height + 8 < window.innerHeight;
    this.tip.style.left = `${left}px`;
    this.tip.style.top = `${isBelow ? place.bottom + 4 : Math.max(8, place.top - height - 4)}px`;
  }

  hideTip() {
    this.tip.hidden = true;
  }

  // Lets the new parts grow out of the place of the zoomed one.
  grow(from) {
    if (!from || window.matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    const to = this.box.getBoundingClientRect();
    const [x, y] = [from.x - to.x, from.y - to.y];
    const scale = `scale(${from.width / to.width}, ${from.height / to.height})`;
    const frames = [{ transform: `translate(${x}px, ${y}px) ${scale}`, opacity: 0.3 }, { transform: 'none', opacity: 1 }];
    for (const tile of this.box.children) tile.style.transformOrigin = '0 0';
    this.box.animate(frames, { duration: 220, easing: 'ease-out' });
  }
}
