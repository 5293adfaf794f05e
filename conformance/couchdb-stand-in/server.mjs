// Starts a server with CouchDB's HTTP interface on a free port of the loopback interface, and prints the port first.
//
//     node server.mjs [USER:PASSWORD]
//
// It is PouchDB behind express-pouchdb, with databases in memory. With credentials, it requires them.
// It exits at the end of its standard input, so it never outlives the test that started it.
import express from 'express';
import expressPouchdb from 'express-pouchdb';
import PouchDB from 'pouchdb-core';
import memory from 'pouchdb-adapter-memory';
import mapreduce from 'pouchdb-mapreduce';
import find from 'pouchdb-find';

PouchDB.plugin(memory).plugin(mapreduce).plugin(find);
const Memory = PouchDB.defaults({ adapter: 'memory' });

const app = express();
const credentials = process.argv[2];
if (credentials !== undefined) {
  const expected = 'Basic ' + Buffer.from(credentials).toString('base64');
  app.use((request, response, next) => {
    if (request.headers.authorization === expected) return next();
    response.status(401).json({ error: 'unauthorized', reason: 'Name or password is incorrect.' });
  });
}
app.use(expressPouchdb(Memory, { mode: 'minimumForPouchDB', inMemoryConfig: true, overrideMode: { include: ['routes/find'] } }));

const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit()).resume();
