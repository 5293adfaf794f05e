// Records the results of pouchdb-find for a thousand queries on generated documents:
//
//     node record.mjs > ../../crates/mango/tests/pouchdb.json
//
// The queries are in groups. crates/mango/tests/pouchdb.rs replays them and lists the groups that may differ, with reasons.
// Everything is generated from one seed, so a new record is identical until a dependency changes.
import PouchDB from 'pouchdb-core';
import memory from 'pouchdb-adapter-memory';
import mapreduce from 'pouchdb-mapreduce';
import find from 'pouchdb-find';

PouchDB.plugin(memory).plugin(mapreduce).plugin(find);

let state = 20260101;
// mulberry32
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];
const times = (n, make) => Array.from({ length: n }, (_, i) => make(i));

const SCALARS = [null, true, false, 0, 1, 2, 5, -3, 2.5, 10, '', 'a', 'b', 'red', 'blue', 'tom'];
const scalar = () => pick(SCALARS);
const NAMES = ['a', 'b', 'c', 'd'];

// Every document has the fields a to d: separate groups cover missing fields, for which engines differ.
function document(i) {
  return {
    _id: 'k' + String(i).padStart(3, '0'),
    a: scalar(),
    b: pick([0, 1, 2, 3, 4, 5, 6, 7]),
    c: times(below(4), scalar),
    d: { x: scalar(), y: times(below(3), () => ({ n: below(4), s: pick(['u', 'v']) })) },
  };
}
const sparse = (i) => Object.fromEntries(Object.entries(document(i)).filter(([k]) => k === '_id' || random() < 0.7));

const COMPARISONS = ['$lt', '$lte', '$eq', '$ne', '$gte', '$gt'];
const comparison = () => ({ [pick(COMPARISONS)]: scalar() });

const groups = {
  equality: () => ({ [pick(['a', 'b', 'd.x'])]: scalar() }),
  comparison: () => ({ [pick(['a', 'b', 'd.x'])]: comparison() }),
  range: () => ({ b: { $gte: below(8), $lt: below(8) } }),
  'all-kinds': () => ({ [pick(NAMES)]: { [pick(COMPARISONS)]: pick([null, true, 1, 'red', [], ['a'], [1, 2]]) } }),
  in: () => ({ [pick(['a', 'b', 'd.x'])]: { [pick(['$in', '$nin'])]: times(1 + below(4), scalar) } }),
  'in-array': () => ({ c: { [pick(['$in', '$nin'])]: times(1 + below(4), scalar) } }),
  exists: () => ({ [pick([...NAMES, 'd.x', 'e', 'd.z'])]: { $exists: random() < 0.5 } }),
  type: () => ({ [pick([...NAMES, 'd.x'])]: { $type: pick(['null', 'boolean', 'number', 'string', 'array', 'object']) } }),
  mod: () => ({ [pick(['a', 'b'])]: { $mod: [1 + below(5), below(5)] } }),
  regex: () => ({ [pick(['a', 'd.x'])]: { $regex: pick(['^r', 'e', 'e$', '[ab]', '^$', 'o.$', 'u|t']) } }),
  size: () => ({ c: { $size: below(5) } }),
  all: () => ({ c: { $all: times(1 + below(2), scalar) } }),
  element: () => ({ c: { $elemMatch: comparison() } }),
  'element-fields': () => ({ 'd.y': { $elemMatch: pick([{ n: below(4) }, { n: { $gt: below(4) }, s: 'u' }]) } }),
  'each-element': () => ({ c: { $allMatch: comparison() } }),
  'nested-path': () => ({ d: { x: comparison() } }),
  'element-path': () => ({ [`d.y.${below(2)}.n`]: below(4) }),
  and: () => ({ $and: [{ a: comparison() }, { b: comparison() }] }),
  or: () => ({ $or: [{ a: comparison() }, { b: comparison() }] }),
  nor: () => ({ $nor: [{ a: comparison() }, { b: comparison() }] }),
  not: () => ({ $not: pick([{ a: comparison() }, { a: comparison(), b: comparison() }]) }),
  'not-below-field': () => ({ a: { $not: comparison() } }),
  'deep': () => ({ $or: [{ $and: [groups.comparison(), groups.in()] }, { $not: groups.comparison() }, groups.size()] }),
  id: () => ({ _id: { [pick(COMPARISONS)]: 'k' + String(below(40)).padStart(3, '0') } }),
  'missing-comparison': () => ({ [pick([...NAMES, 'd.x'])]: { [pick(['$lt', '$lte', '$eq', '$gte', '$gt'])]: scalar() } }),
  'missing-not-equal': () => ({ [pick(NAMES)]: { $ne: scalar() } }),
  'missing-in': () => ({ [pick(NAMES)]: { $in: [scalar(), scalar()] } }),
  'missing-not-in': () => ({ [pick(NAMES)]: { $nin: [scalar(), scalar()] } }),
  'missing-not': () => ({ $not: { [pick(NAMES)]: comparison() } }),
  'empty-lists': () => pick([{ $and: [] }, { $or: [] }, { $nor: [] }, { a: { $in: [] } }, { a: { $nin: [] } }, { c: { $all: [] } }]),
  refused: () => pick([
    { a: { $foo: 1 } }, { $foo: [] }, { a: { $in: 1 } }, { a: { $exists: 1 } }, { a: { $size: 'x' } }, { a: { $mod: [0, 1] } },
    { a: { $regex: '(' } }, { a: { $type: 'int' } }, { $and: {} }, { a: { $mod: 1 } }, { a: { $elemMatch: 1 } },
  ]),
};

const sorts = {
  'sort-number': ['b'], 'sort-mixed': ['a'], 'sort-down': [{ b: 'desc' }], 'sort-two': ['b', 'a'], 'sort-sparse': ['a'],
};

async function database(name, make) {
  const db = new PouchDB(name, { adapter: 'memory' });
  const documents = times(40, make);
  await db.bulkDocs(documents);
  return { db, documents };
}

async function ask(db, query) {
  try {
    return { keys: (await db.find({ ...query, limit: 1000 })).docs.map((found) => found._id) };
  } catch (error) {
    return { error: error.reason ?? error.message };
  }
}

// The library warns about missing indexes; standard output must contain only the record.
console.warn = console.log = () => {};
const full = await database('full', document);
const gappy = await database('sparse', sparse);
for (const db of [full.db, gappy.db]) {
  for (const fields of [['b'], ['a'], ['b', 'a']]) await db.createIndex({ index: { fields } });
}

const verdicts = [];
for (const [group, make] of Object.entries(groups)) {
  const on = group.startsWith('missing') ? 'sparse' : 'full';
  const seen = new Set();
  for (let i = 0; i < 50; i++) {
    const selector = make();
    const text = JSON.stringify(selector);
    if (seen.has(text)) continue;
    seen.add(text);
    const verdict = await ask((on === 'sparse' ? gappy : full).db, { selector });
    if (verdict.keys) verdict.keys.sort();
    verdicts.push({ group, on, query: { selector }, ...verdict });
  }
}
for (const [group, sort] of Object.entries(sorts)) {
  const on = group === 'sort-sparse' ? 'sparse' : 'full';
  const first = typeof sort[0] === 'string' ? sort[0] : Object.keys(sort[0])[0];
  for (const skip of [0, 7]) {
    const query = { selector: { [first]: { $gt: null } }, sort, skip };
    verdicts.push({ group, on, query, ...(await ask((on === 'sparse' ? gappy : full).db, query)) });
  }
}

const lines = (list) => list.map((item) => '    ' + JSON.stringify(item)).join(',\n');
process.stdout.write(`{
  "full": [\n${lines(full.documents)}\n  ],
  "sparse": [\n${lines(gappy.documents)}\n  ],
  "verdicts": [\n${lines(verdicts)}\n  ]
}\n`);
process.exit(0);
