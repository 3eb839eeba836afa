// Pulumi's runner of policy packs wants TypeScript 5, whatever version the project has.
const Module = require('node:module');
const { join } = require('node:path');
const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, parent, ...rest) {
  if (request !== 'typescript' || !parent?.filename?.includes(join('@pulumi', 'pulumi')))
    return resolve.call(this, request, parent, ...rest);
  return join(__dirname, '../../../infra/policy/node_modules/typescript/lib/typescript.js');
};
