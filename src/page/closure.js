// The page of `closure`: puts the parts of the page together from the data.
'use strict';

// A cell that stays readable in a narrow table.
const wide = (...content) => el('span', { class: 'wide' }, content);

const SEVERITIES = { error: '✗', warning: '!', note: 'i' };

function fact(name, value) {
  return el('div', { class: 'fact' }, el('dt', {}, name), el('dd', {}, value));
}

function closureFacts(data) {
  const count = (severity) => data.problems.filter((it) => it.severity === severity).length;
  const { python, machine, libc } = data.environment;
  return el('dl', { class: 'facts' },
    fact('Environment', `Python ${visible(python)}, ${visible(machine)}, ${visible(libc)}`),
    fact('Wheels', integer(data.wheels.length)),
    fact('Not found', integer(data.unresolved)),
    fact('Errors', integer(count('error'))),
    fact('Warnings', integer(count('warning'))));
}

function legend() {
  const line = (dashes) => {
    const stroke = drawn('line', { x1: 0, y1: 7, x2: 36, y2: 7, class: 'link', 'stroke-dasharray': dashes || null });
    return drawn('svg', { width: 36, height: 14, 'aria-hidden': 'true' }, stroke);
  };
  const rows = Object.values(FOUND_BY).map(([name, dashes]) => el('li', {}, line(dashes), ` ${name}`));
  return el('ul', { class: 'legend' }, rows);
}

function graphPart(data) {
  const graph = linkGraph(data);
  if (!graph) return section('graph', 'Libraries of other wheels', el('p', {}, 'No library needs one of another wheel.'));
  return section('graph', 'Libraries of other wheels', legend(), scrollable('Graph of wheels and libraries', graph));
}

function problemsPart(data) {
  if (data.problems.length === 0) return section('problems', 'Problems', el('p', {}, 'None: every library and symbol is found.'));
  const rank = Object.keys(SEVERITIES);
  const packages = new Map(data.wheels.map((it) => [it.wheel, it.package]));
  const packageOf = (row) => packages.get(row.wheel) || '';
  const severity = (row) => [el('span', { class: row.severity === 'error' ? 'no' : null },
    el('span', { 'aria-hidden': 'true' }, `${SEVERITIES[row.severity] || ''} `), visible(row.severity))];
  return section('problems', 'Problems', dataTable('Problems', [
    { title: 'Rule', value: (row) => row.rule, cell: (row) => code(row.rule) },
    { title: 'Severity', value: (row) => rank.indexOf(row.severity), cell: severity },
    { title: 'Package', value: packageOf, cell: (row) => visible(packageOf(row)) },
    { title: 'File', value: (row) => row.file || '', cell: (row) => (row.file ? wide(code(row.file)) : '') },
    { title: 'What', value: (row) => row.detail, cell: (row) => wide(visible(row.detail)) },
  ], data.problems, { omitted: data.problems_omitted }));
}

function linksPart(data) {
  const file = (at) => data.libraries[at];
  const wheel = (at) => data.wheels[file(at).wheel];
  const found = (row) => (row.to === null ? visible(row.outside) : wide(code(file(row.to).path), ` of ${visible(wheel(row.to).package)}`));
  const by = (row) => (row.to === null ? '' : FOUND_BY[row.by][0]);
  return section('links', 'Needed libraries', dataTable('Needed libraries', [
    { title: 'File', value: (row) => file(row.from).path, cell: (row) => wide(code(file(row.from).path)) },
    { title: 'Wheel', value: (row) => wheel(row.from).package, cell: (row) => visible(wheel(row.from).package) },
    { title: 'Needs', value: (row) => row.name, cell: (row) => code(row.name) },
    { title: 'Found', value: (row) => (row.to === null ? row.outside : file(row.to).path), cell: found },
    { title: 'By', value: by, cell: by },
  ], data.links, { omitted: data.links_omitted }));
}

function assumedPart(data) {
  if (data.not_looked_at.length === 0) return null;
  return section('assumed', 'Not looked at', dataTable('Libraries from outside whose symbols are taken to be there', [
    { title: 'Library', value: (row) => row.library, cell: (row) => code(row.library) },
    { title: 'From', value: (row) => row.by, cell: (row) => visible(row.by) },
    countColumn('Symbols', (row) => row.symbols),
  ], data.not_looked_at, { atOnce: 10 }));
}

function wheelsPart(data) {
  return section('wheels', 'Wheels', dataTable('Wheels', [
    { title: 'Package', value: (row) => row.package, cell: (row) => code(row.package) },
    { title: 'Version', value: (row) => row.version, cell: (row) => visible(row.version) },
    { title: 'File', value: (row) => row.wheel, cell: (row) => wide(code(row.wheel)) },
    countColumn('Problems', (row) => row.problems),
  ], data.wheels));
}

const data = JSON.parse(document.getElementById('data').textContent);
document.getElementById('main').append(...[el('h1', {}, visible(data.title)), closureFacts(data), graphPart(data), problemsPart(data),
  linksPart(data), assumedPart(data), wheelsPart(data)].filter(Boolean));
