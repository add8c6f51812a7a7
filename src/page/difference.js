// The page of `diff`: two wheels side by side.
'use strict';

function differenceFacts(data) {
  const { old, new: now } = data;
  const changed = [['changed', 'changed'], ['added', 'added'], ['removed', 'removed'], ['moved', 'moved']];
  const length = (name) => data[name].length + (data[`${name}_omitted`] || 0);
  return el('dl', { class: 'facts' },
    fact('Old', bytes(old.len), `${integer(old.total.members)} files of ${bytes(old.total.content)}`),
    fact('New', bytes(now.len), `${integer(now.total.members)} files of ${bytes(now.total.content)}`),
    fact('Change', changeOf({ old: old.len, new: now.len })),
    fact('Files', `${integer(data.same)} the same`, changed.map(([name, word]) => `${integer(length(name))} ${word}`).join(', ')));
}

function fieldChanges(data) {
  if (data.metadata.length === 0) return null;
  return section('metadata', 'Metadata', dataTable('Fields that differ', [
    { title: 'Field', value: (row) => row.field, cell: (row) => code(row.field) },
    { title: 'Old', cell: (row) => (row.old === null ? '–' : visible(row.old)) },
    { title: 'New', cell: (row) => (row.new === null ? '–' : visible(row.new)) },
  ], data.metadata, { atOnce: 10, omitted: data.metadata_omitted }));
}

function pairColumns(of) {
  return [
    { title: 'Old', value: (row) => of(row).old, number: true, cell: (row) => bytes(of(row).old) },
    { title: 'New', value: (row) => of(row).new, number: true, cell: (row) => bytes(of(row).new) },
    changeColumn('Change', of),
  ];
}

function codeChanges(data) {
  if (data.device_code.length === 0) return null;
  return section('device', 'Device code', dataTable('Device code by architecture, in the wheel', [
    { title: 'Architecture', value: (row) => row.name, cell: architectureName },
    { title: 'Entries', value: (row) => row.entries.new, number: true, cell: (row) => `${integer(row.entries.old)} → ${integer(row.entries.new)}` },
    ...pairColumns((row) => row.bytes_in_wheel),
  ], [...data.device_code].sort(byArchitecture), { omitted: data.device_code_omitted }),
  data.kernels ? kernelChanges(data) : null);
}

// With `--by kernel`: kernels that were added or removed, or whose machine code has another length.
function kernelChanges(data) {
  if (data.kernels.length === 0) return null;
  return dataTable('Kernels that differ', [
    { title: 'Kernel', value: (row) => row.name, cell: (row) => code(row.name) },
    { title: 'Cubins', value: (row) => row.cubins.new, number: true, cell: (row) => `${integer(row.cubins.old)} → ${integer(row.cubins.new)}` },
    ...pairColumns((row) => row.bytes),
  ], data.kernels, { atOnce: 10, omitted: data.kernels_omitted });
}

function fileChanges(data) {
  const name = (row) => (row.old_path === row.path ? code(row.path) : [code(row.old_path), ' → ', code(row.path)]);
  const sections = (row) => el('ul', { class: 'paths' }, row.sections.slice(0, 4).map((it) => el('li', {}, code(it.name), ' ', changeOf(it))));
  const members = (list, caption, omitted) => (list.length === 0 ? null : dataTable(caption, [
    { title: 'File', value: (row) => row.path, cell: (row) => code(row.path) },
    bytesColumn('In the wheel', (row) => row.compressed, list),
    { title: 'Unpacked', value: (row) => row.content, number: true, cell: (row) => bytes(row.content) },
  ], list, { atOnce: 10, omitted }));
  const content = [
    data.changed.length === 0 ? null : dataTable('Changed files, in the wheel', [
      { title: 'File', value: (row) => row.path, cell: name },
      { title: 'Sections, unpacked', cell: sections },
      ...pairColumns((row) => row.compressed),
    ], data.changed, { atOnce: 10, omitted: data.changed_omitted }),
    members(data.added, 'Added files', data.added_omitted),
    members(data.removed, 'Removed files', data.removed_omitted),
    data.moved.length === 0 ? null : dataTable('Moved files', [
      { title: 'Old path', value: (row) => row.old, cell: (row) => code(row.old) },
      { title: 'New path', value: (row) => row.new, cell: (row) => code(row.new) },
      { title: 'Unpacked', value: (row) => row.content, number: true, cell: (row) => bytes(row.content) },
    ], data.moved, { atOnce: 10, omitted: data.moved_omitted }),
  ];
  return section('files', 'Files', content.some((it) => it) ? content : el('p', {}, 'All files are the same.'));
}

function kindChanges(data) {
  return section('kinds', 'By kind', dataTable('Kinds of files, in the wheel', [
    { title: 'Kind', value: (row) => row.kind, cell: (row) => TONE_NAMES[row.kind] || row.kind },
    { title: 'Files', value: (row) => row.new.members, number: true, cell: (row) => `${integer(row.old.members)} → ${integer(row.new.members)}` },
    ...pairColumns((row) => ({ old: row.old.compressed, new: row.new.compressed })),
  ], data.kinds));
}

function showDifference(main, data) {
  const explorer = new Explorer(data.wheels.map((wheel) => sizeTree(wheel, true)), 0);
  const parts = [
    el('h1', {}, visible(data.old.wheel), el('span', { class: 'arrow' }, ' → '), visible(data.new.wheel)),
    differenceFacts(data),
    section('bytes', 'Side by side', explorer.element),
    kindChanges(data), codeChanges(data), fileChanges(data), fieldChanges(data),
  ];
  main.append(...parts.filter((it) => it));
  followAddress([explorer]);
  window.addEventListener('popstate', () => followAddress([explorer]));
}
