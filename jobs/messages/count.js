// Counts the words of a text, and tells of it as under child_process.fork.
const { readFileSync } = require('node:fs');

const words = readFileSync(process.argv[2], 'utf8').split(/\s+/).filter(Boolean).length;
process.send({ sluice: { progress: 1 } });
process.send({ from: 'node', words });
process.send({ sluice: { output: { words } } });
