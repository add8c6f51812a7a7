// The tree of a wheel's bytes: wheel, directories, files, sections, architectures, kernels. Each node has two sizes
// in bytes: `inWheel`, compressed in the archive, and `unpacked`. The children of a node add up to it.
'use strict';

const NATIVE = 'native-code';

// The first words of section names, each with a tone of the page's style; the first that fits counts.
const SECTION_TONES = [
  [['.nv_fatbin', '__nv_relfatbin', '.hip_fatbin', '.nvFatBinSegment', '.cask_resource'], 'device-code'],
  [['.debug', '.zdebug', '.symtab', '.strtab', '.gnu_debug', '.stab'], 'symbols'],
  [['.text', '.ltext', '.plt', '.init', '.fini', '__text'], NATIVE],
  [['.rodata', '.lrodata', '.data', '.ldata', '.tdata', '.bss', '__const'], 'constants'],
];

function sectionTone(name) {
  const found = SECTION_TONES.find(([prefixes]) => prefixes.some((prefix) => name.startsWith(prefix)));
  return found ? found[1] : 'tables';
}

const TONE_NAMES = {
  'native-code': 'machine code',
  'device-code': 'device code',
  symbols: 'symbols, debug information',
  constants: 'constants, data of libraries',
  tables: 'other sections',
  python: 'Python',
  headers: 'headers',
  cuda: 'CUDA source',
  source: 'source code',
  'dist-info': 'dist-info',
  link: 'symbolic links',
  data: 'data',
  ptx: 'PTX',
  rest: 'archive headers, padding, smaller parts',
};

const KIND_NAMES = { ptx: 'PTX', lto: 'LTO IR', hip: 'HIP', cubin: 'cubin', other: 'other' };

function sizeNode(name, what, tone, inWheel = 0, unpacked = 0) {
  return { name, key: name, what, tone, inWheel, unpacked, children: [], byKey: new Map(), parent: null, note: '' };
}

function addChild(parent, child) {
  let key = child.key;
  for (let copy = 2; parent.byKey.has(key); copy += 1) key = `${child.key}~${copy}`;
  child.key = key;
  child.parent = parent;
  parent.byKey.set(key, child);
  parent.children.push(child);
  return child;
}

// Adds estimated parts to a node: makes them fit, and adds what they leave as a part of its own.
function addParts(parent, parts, restName) {
  for (const size of ['inWheel', 'unpacked']) {
    const total = parts.reduce((sum, part) => sum + part[size], 0);
    const scale = total > parent[size] && total > 0 ? parent[size] / total : 1;
    for (const part of parts) part[size] = Math.floor(part[size] * scale);
  }
  const left = (size) => parent[size] - parts.reduce((sum, part) => sum + part[size], 0);
  for (const part of parts) addChild(parent, part);
  if (parts.length > 0 && (left('inWheel') > 0 || left('unpacked') > 0)) {
    addChild(parent, sizeNode(restName, 'rest', 'rest', left('inWheel'), left('unpacked')));
  }
}

function addArchitectures(parent, architectures, kernels, restName) {
  const shades = architectures.filter((it) => it.kind !== 'ptx');
  const nodes = architectures.map((it) => {
    const name = KIND_NAMES[it.kind] && it.kind !== 'cubin' ? `${it.name} (${KIND_NAMES[it.kind]})` : it.name;
    const tone = it.kind === 'ptx' ? 'ptx' : `device-code shade-${shades.indexOf(it) % 6}`;
    const node = sizeNode(name, 'architecture', tone, it.bytes_in_wheel, it.bytes);
    node.note = `${counted(it.entries, 'entry', 'entries')}, ${bytes(it.bytes_uncompressed)} of code`;
    return [node, it];
  });
  addParts(parent, nodes.map(([node]) => node), restName);
  for (const [node, it] of nodes) {
    const own = (kernels || []).filter((kernel) => kernel.architecture === it.name && it.kind === 'cubin');
    const parts = own.map((kernel) => {
      const share = it.bytes_uncompressed > 0 ? kernel.bytes / it.bytes_uncompressed : 0;
      const name = kernel.name === null ? 'smaller kernels' : kernel.name;
      const part = sizeNode(name, 'kernel', node.tone, node.inWheel * share, node.unpacked * share);
      part.note = `${bytes(kernel.bytes)} of machine code`;
      return part;
    });
    addParts(node, parts, 'constants, tables, headers');
  }
}

function addSections(file, library, device) {
  const kernels = device && device.kernels;
  const parts = library ? library.sections.filter((it) => it.len > 0) : [];
  const nodes = parts.map((it) => [sizeNode(it.name, 'section', sectionTone(it.name), it.compressed, it.len), it]);
  const omitted = library && library.sections_omitted;
  addParts(file, nodes.map(([node]) => node), omitted ? 'smaller sections, headers' : 'headers, padding');
  for (const [node, it] of nodes) {
    if (it.architectures) addArchitectures(node, it.architectures, kernels, 'headers, padding');
  }
  // A file without sections.
  if (parts.length === 0 && device) addArchitectures(file, device.architectures, kernels, 'everything else');
}

// Returns the tree of one wheel. With `unversioned` the dist-info directories of two versions have the same key.
function sizeTree(wheel, unversioned) {
  const root = sizeNode(wheel.wheel, 'wheel', 'directory');
  const keyOf = (name, depth) => (unversioned && depth === 0 ? name.replace(/^.*\.(dist-info|data)$/, '*.$1') : name);
  const directories = new Map([['', root]]);
  const directory = (names) => {
    let path = '';
    return names.reduce((parent, name, depth) => {
      path += `/${keyOf(name, depth)}`;
      if (!directories.has(path)) {
        const node = sizeNode(name, 'directory', 'directory');
        node.key = keyOf(name, depth);
        directories.set(path, addChild(parent, node));
      }
      return directories.get(path);
    }, root);
  };
  const fileKey = (names, newPath) => {
    const others = (newPath || '').split('/');
    const isBeside = others.length === names.length && names.slice(0, -1).every((name, at) => keyOf(name, at) === keyOf(others[at], at));
    return keyOf((isBeside ? others : names)[names.length - 1], names.length - 1);
  };
  const byPath = (list) => new Map(list.map((it) => [it.path, it]));
  const libraries = byPath(wheel.libraries);
  const devices = byPath(wheel.device_code.libraries);
  for (const member of wheel.members) {
    const names = member.path.split('/');
    const file = sizeNode(names[names.length - 1], 'file', member.kind, member.compressed, member.content);
    file.key = fileKey(names, member.new_path);
    file.note = TONE_NAMES[member.kind] || member.kind;
    addChild(directory(names.slice(0, -1)), file);
    addSections(file, libraries.get(member.path), devices.get(member.path));
  }
  for (const others of wheel.other_members) {
    const parent = directory(others.path === '' ? [] : others.path.split('/'));
    const name = counted(others.members, 'smaller file');
    const node = sizeNode(name, 'rest', 'rest', others.compressed, others.content);
    node.key = '*';
    addChild(parent, node);
  }
  addChild(root, sizeNode('archive headers, directory', 'rest', 'rest', wheel.overhead, 0));
  sumUp(root);
  return root;
}

// Sets the sizes of directories to the sums of what is in them.
function sumUp(node) {
  node.children.forEach(sumUp);
  if (node.what === 'directory' || node.what === 'wheel') {
    for (const size of ['inWheel', 'unpacked']) {
      node[size] = node.children.reduce((sum, child) => sum + child[size], 0);
    }
  }
}

// Returns the node at the end of a path of keys; null if the tree has none.
function nodeAt(root, keys) {
  return keys.reduce((node, key) => (node ? node.byKey.get(key) || null : null), root);
}

// Returns the keys from the root to a node.
function keysOf(node) {
  const keys = [];
  for (let at = node; at.parent; at = at.parent) keys.unshift(at.key);
  return keys;
}

// Returns the names from the root to a node as a path. Parts of a file follow a `›`.
function pathOf(node) {
  if (!node.parent) return visible(node.name);
  if (!node.parent.parent) return visible(node.name);
  const isDirectory = node.parent.what === 'directory';
  return pathOf(node.parent) + (isDirectory ? '/' : ' › ') + visible(node.name);
}
