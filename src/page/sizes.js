// The page of `inspect` and `diff`: puts the parts of the page together from the data.
'use strict';

function fact(name, value, note = null) {
  return el('div', { class: 'fact' }, el('dt', {}, name), el('dd', {}, value, note ? el('span', { class: 'note' }, note) : null));
}

const sum = (list, of) => list.reduce((total, it) => total + of(it), 0);

function facts(wheel) {
  const device = sum(wheel.device_code.architectures, (it) => it.bytes_in_wheel);
  const twice = sum(wheel.duplicates, (it) => it.wasted);
  const strip = sum(wheel.libraries, (it) => it.strippable.compressed);
  return el('dl', { class: 'facts' },
    fact('Wheel', bytes(wheel.len)),
    fact('Unpacked', bytes(wheel.total.content), `compressed to ${percent(wheel.len, wheel.total.content)}`),
    fact('Files', integer(wheel.total.members)),
    device > 0 ? fact('Device code', bytes(device), `${percent(device, wheel.len)} of the wheel`) : null,
    twice > 0 ? fact('Duplicate files', bytes(twice), `${percent(twice, wheel.len)} of the wheel`) : null,
    strip > 0 ? fact('Symbols and debug information', bytes(strip), 'that strip removes') : null,
    wheel.what_if ? whatIf(wheel) : null);
}

// What the wheel would take without the architectures of `--drop`, or with those of `--keep` alone.
function whatIf(wheel) {
  const { dropped, bytes_in_wheel: less } = wheel.what_if;
  const names = dropped.map((it) => visible(it.name)).join(', ');
  return fact(`Without ${names || 'nothing'}`, bytes(wheel.len - less), `${bytes(less)} less, estimated`);
}

function about(metadata) {
  if (!metadata) return el('p', { class: 'note' }, 'The wheel has no dist-info directory.');
  const rows = [['Name', metadata.name], ['Version', metadata.version], ['Summary', metadata.summary], ['License', metadata.license],
    ['Requires-Python', metadata.requires_python], ['Generator', metadata.generator]].filter(([, value]) => value);
  const lists = [['Tag', metadata.tags, metadata.tags_omitted], ['Requires-Dist', metadata.requires_dist, metadata.requires_dist_omitted]];
  const shown = lists.filter(([, list]) => list.length > 0);
  return el('details', { class: 'about' }, el('summary', {}, 'Metadata'), el('dl', { class: 'pairs' },
    rows.map(([name, value]) => [el('dt', {}, name), el('dd', {}, visible(value))]),
    shown.map(([name, list, omitted]) => [el('dt', {}, name), el('dd', {}, paths(list, omitted))])));
}

// As in the text of `inspect`.
const MIN_UNCOMPRESSED = 1 << 20;

const isPtx = (it) => it.kind === 'ptx';

function architectureName(it) {
  const kind = it.kind === 'cubin' ? null : ` (${KIND_NAMES[it.kind] || it.kind})`;
  return [el('code', {}, visible(it.name)), kind];
}

// Machine code before PTX, then by number.
function byArchitecture(one, other) {
  return isPtx(one) - isPtx(other) || one.name.localeCompare(other.name, 'en', { numeric: true });
}

function architectures(caption, list, omitted) {
  const rows = [...list].sort(byArchitecture);
  return dataTable(caption, [
    { title: 'Architecture', value: (row) => row.name, cell: architectureName },
    countColumn('Entries', (row) => row.entries),
    { title: 'In files', value: (row) => row.bytes, number: true, cell: (row) => bytes(row.bytes) },
    bytesColumn('In the wheel', (row) => row.bytes_in_wheel, rows, 'device-code'),
    { title: 'Uncompressed', value: (row) => row.bytes_uncompressed, number: true, cell: (row) => bytes(row.bytes_uncompressed) },
  ], rows, { omitted });
}

const COVERAGE = {
  native: ['✓', 'Machine code for the GPU'],
  family: ['✓', 'Machine code for an earlier GPU of the family'],
  jit: ['~', 'PTX, which the driver compiles'],
  none: ['✗', 'No code'],
};

function gpus(list) {
  if (list.length === 0) return null;
  const rows = Object.entries(COVERAGE).map(([name, [sign, title]]) => [name, sign, title, list.filter((gpu) => gpu.code === name)]);
  return el('div', {}, el('h3', {}, 'GPUs by compute capability'), el('dl', { class: 'gpus' },
    rows.filter(([, , , found]) => found.length > 0).map(([name, sign, title, found]) => [
      el('dt', {}, el('span', { 'aria-hidden': 'true' }, `${sign} `), title),
      el('dd', {}, el('ul', { class: 'chips' }, found.map((gpu) => el('li', { class: name }, visible(gpu.capability))))),
    ])));
}

function deviceCode(device, id) {
  if (device.libraries.length === 0) return null;
  const total = (library, of) => sum(library.architectures, (it) => it[of]);
  return section(id, 'Device code',
    architectures('Device code by architecture', device.architectures, device.architectures_omitted),
    gpus(device.gpus),
    device.libraries.length > 1 ? dataTable('Files with device code', [
      { title: 'File', value: (row) => row.path, cell: (row) => code(row.path) },
      countColumn('Containers', (row) => row.containers),
      { title: 'Architectures', cell: (row) => [...row.architectures].sort(byArchitecture).map((it) => visible(it.name)).join(', ') },
      bytesColumn('In the wheel', (row) => total(row, 'bytes_in_wheel'), device.libraries, 'device-code'),
    ], device.libraries, { atOnce: 10, omitted: device.libraries_omitted }) : null,
    advice(device.libraries),
    device.kernels ? kernels(device) : null,
    device.libraries.flatMap((it) => it.problems.map((problem) => el('p', { class: 'problem' }, code(it.path), `: ${visible(problem)}`))));
}

// Libraries that later GPUs do not run, and code that the compiler did not compress.
function advice(libraries) {
  const rows = libraries.filter((it) => it.without_ptx || it.uncompressed.bytes >= MIN_UNCOMPRESSED);
  if (rows.length === 0) return null;
  return dataTable('Files with advice about device code', [
    { title: 'File', value: (row) => row.path, cell: (row) => code(row.path) },
    { title: 'Without PTX for', cell: (row) => (row.without_ptx ? visible(row.without_ptx.newest) : '–') },
    { title: 'Not compressed', value: (row) => row.uncompressed.bytes, number: true, cell: (row) => bytes(row.uncompressed.bytes) },
  ], rows, { atOnce: 10 });
}

function kernels(device) {
  const columns = [
    { title: 'Kernel', value: (row) => row.name, cell: (row) => code(row.name) },
    countColumn('Cubins', (row) => row.cubins),
    { title: 'Architectures', cell: (row) => row.architectures.map(visible).join(', ') },
    bytesColumn('Machine code', (row) => row.bytes, device.kernels, 'device-code'),
  ];
  return dataTable('Kernels', columns, device.kernels, { atOnce: 10, omitted: device.kernels_omitted, sorted: columns[3] });
}

function duplicates(wheel, id) {
  const equal = wheel.device_code.duplicates;
  if (wheel.duplicates.length === 0 && equal.length === 0) return null;
  const wasted = (rows) => bytesColumn('Too much', (row) => row.wasted, rows);
  const place = (copy) => el('span', {}, code(copy.path), ` at byte ${integer(copy.offset)}`);
  return section(id, 'Duplicates',
    wheel.duplicates.length > 0 ? dataTable('Files with the same content', [
      { title: 'Paths', cell: (row) => paths(row.paths, row.paths_omitted) },
      { title: 'Content of one', value: (row) => row.content, number: true, cell: (row) => bytes(row.content) },
      wasted(wheel.duplicates),
    ], wheel.duplicates, { atOnce: 10, omitted: wheel.duplicates_omitted }) : null,
    equal.length > 0 ? dataTable('The same device code', [
      { title: 'Architecture', value: (row) => row.name, cell: architectureName },
      { title: 'Places', cell: (row) => paths(row.copies.map(place), row.copies_omitted) },
      { title: 'One', value: (row) => row.bytes, number: true, cell: (row) => bytes(row.bytes) },
      wasted(equal),
    ], equal, { atOnce: 10, omitted: wheel.device_code.duplicates_omitted }) : null);
}

function libraries(wheel, id) {
  if (wheel.libraries.length === 0) return null;
  return section(id, 'Libraries and programs', dataTable('Libraries and programs', [
    { title: 'File', value: (row) => row.path, cell: (row) => [code(row.path), row.problem ? el('p', { class: 'problem' }, visible(row.problem)) : null] },
    { title: 'CPU', value: (row) => row.machine || '', cell: (row) => visible(row.machine || 'other') },
    { title: 'Stripped', value: (row) => String(row.stripped), cell: (row) => (row.problem ? '' : row.stripped ? 'yes' : 'no') },
    { title: 'Debug information', value: (row) => row.debug, number: true, cell: (row) => bytes(row.debug) },
    bytesColumn('In the wheel', (row) => row.compressed, wheel.libraries, NATIVE),
    { title: 'Unpacked', value: (row) => row.content, number: true, cell: (row) => bytes(row.content) },
  ], wheel.libraries, { atOnce: 10, omitted: wheel.libraries_omitted }));
}

const verdict = (holds, list = []) => [
  el('span', { class: holds ? 'yes' : 'no' }, el('span', { 'aria-hidden': 'true' }, holds ? '✓ ' : '✗ '), holds ? 'yes' : 'no'),
  list.length > 0 ? paths(list) : null,
];

function policyMatrix(audit, id) {
  if (!audit) return null;
  if (!audit.policies) return section(id, 'Platform policies', el('p', {}, 'No policy applies: the wheel has no machine code for Linux.'));
  const forbidden = (row) => Object.entries(row.blacklisted_symbols).map(([library, symbols]) => `${library}: ${symbols.join(', ')}`);
  const rows = [...audit.policies].reverse();
  return section(id, 'Platform policies',
    el('p', {}, 'The wheel is consistent with ', code(audit.tag), ', judged without libraries of any machine.'),
    dataTable('Policies, the one for the most systems first', [
      { title: 'Policy', cell: (row) => code(row.name) },
      { title: 'Met', cell: (row) => verdict(row.met) },
      { title: 'Symbol versions', cell: (row) => verdict(row.symbol_versions) },
      { title: 'Libraries', cell: (row) => verdict(row.external_libraries.length === 0, row.external_libraries) },
      { title: 'Symbols', cell: (row) => verdict(forbidden(row).length === 0, forbidden(row)) },
      { title: 'Instruction set', cell: (row) => verdict(row.instruction_set) },
      { title: 'Python', cell: (row) => verdict(row.python) },
    ], rows, { omitted: audit.policies_omitted }));
}

function problems(wheel, id) {
  if (wheel.problems.length === 0) return null;
  return section(id, 'Members with problems', dataTable('Members that `unpack` refuses, or that cannot be read', [
    { title: 'Member', value: (row) => row.path, cell: (row) => code(row.path) },
    { title: 'Problem', value: (row) => row.problem, cell: (row) => visible(row.problem) },
  ], wheel.problems, { atOnce: 10, omitted: wheel.problems_omitted }));
}

// Returns the parts of the page about one wheel, and what moves through its bytes.
function wheelPart(wheel, number) {
  if (wheel.error) return { element: section(`wheel-${number}`, visible(wheel.wheel), el('p', { class: 'problem' }, visible(wheel.error))) };
  const explorer = new Explorer([sizeTree(wheel, false)], number);
  const element = el('div', {}, facts(wheel), about(wheel.metadata), problems(wheel, `problems-${number}`),
    section(`bytes-${number}`, 'Where the bytes are', explorer.element),
    deviceCode(wheel.device_code, `device-${number}`), duplicates(wheel, `twice-${number}`),
    libraries(wheel, `libraries-${number}`), policyMatrix(wheel.audit, `policies-${number}`));
  return { element, explorer };
}

// Shows what the address says: the number of a wheel, and a place in it.
function followAddress(explorers) {
  const address = /^#(\d+)((\/[^/]*)*)$/.exec(window.location.hash);
  let keys = [];
  try {
    keys = address ? address[2].split('/').slice(1).map(decodeURIComponent) : [];
  } catch {
    // Not an address that this page has made.
  }
  const number = address ? Number(address[1]) : 0;
  explorers.forEach((explorer, at) => explorer && explorer.place(at === number ? keys : [], {}));
  return explorers[number] ? number : 0;
}

function showWheels(main, wheels) {
  const parts = wheels.map(wheelPart);
  const explorers = parts.map((part) => part.explorer);
  const title = el('h1', {}, wheels.length === 1 ? visible(wheels[0].wheel) : `${wheels.length} wheels`);
  const select = el('select', { id: 'wheel', onchange: () => choose(Number(select.value)) },
    wheels.map((wheel, number) => el('option', { value: number }, visible(wheel.wheel))));
  const content = el('div');
  const choose = (number) => {
    select.value = number;
    content.replaceChildren(parts[number].element);
  };
  main.append(title);
  if (wheels.length > 1) main.append(el('p', { class: 'select' }, el('label', { for: 'wheel' }, 'Wheel '), select));
  main.append(content);
  choose(followAddress(explorers));
  window.addEventListener('popstate', () => choose(followAddress(explorers)));
}

const data = JSON.parse(document.getElementById('data').textContent);
if (data.old) showDifference(document.getElementById('main'), data);
else showWheels(document.getElementById('main'), data.wheels);
