// Calls a Fabric CA with Fabric's client for Node.js, as the samples do, and prints a line for each answer.
'use strict';

const FabricCAServices = require('fabric-ca-client');
const { User } = require('fabric-common');

const [url, caName] = process.argv.slice(2);
const ca = new FabricCAServices(url, { trustedRoots: [], verify: false }, caName);

const user = (name, { key, certificate }) => User.createUser(name, '', 'Org1MSP', certificate, key.toBytes());

const attributes = (certificate) => {
  const der = Buffer.from(certificate.replace(/-----[^-]+-----|\s/g, ''), 'base64').toString('latin1');
  const found = /\{"attrs":\{[^}]*\}\}/.exec(der);
  return found ? found[0] : 'none';
};

const refused = async (name, call) => {
  try {
    await call();
    console.log(`${name}: accepted`);
  } catch (error) {
    const { code, message } = error.errors ? error.errors[0] : error;
    console.log(`${name}: ${/"code":(\d+),"message":"([^"]*)"/.exec(message || error.message)?.slice(1).join(' ')
      ?? `${code} ${message}`}`);
  }
};

const main = async () => {
  const admin = await ca.enroll({ enrollmentID: 'admin', enrollmentSecret: 'adminpw' });
  console.log(`admin: ${attributes(admin.certificate)}`);
  const registrar = user('admin', admin);
  const registration = {
    enrollmentID: 'appUser1',
    affiliation: 'org1.department1',
    role: 'client',
    attrs: [{ name: 'abac.creator', value: 'true', ecert: true }],
  };
  const secret = await ca.register(registration, registrar);
  console.log(`secret: ${secret.length} letters`);
  const enrolled = await ca.enroll({ enrollmentID: 'appUser1', enrollmentSecret: secret });
  console.log(`appUser1: ${attributes(enrolled.certificate)}`);
  const again = await ca.reenroll(user('appUser1', enrolled));
  console.log(`again: ${attributes(again.certificate)}`);
  await refused('wrong secret', () => ca.enroll({ enrollmentID: 'admin', enrollmentSecret: 'x' }));
  await refused('enrolled twice', () => ca.enroll({ enrollmentID: 'appUser1', enrollmentSecret: secret }));
  await refused('registered twice', () => ca.register(registration, registrar));
  await refused('not a registrar', () => ca.register({ ...registration, enrollmentID: 'b' }, user('appUser1', again)));
  const revoked = await ca.revoke({ enrollmentID: 'appUser1', reason: 'keycompromise' }, registrar);
  console.log(`revoked: ${revoked.result.RevokedCerts.length}`);
  await refused('revoked', () => ca.reenroll(user('appUser1', again)));
};

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
