// A charging station spoken by ocpp-rpc in strict mode, which checks every
// message, both ways, against its own copy of the schemas.
//
//	node session.mjs URL ID VERSION PASSWORD
//
// It boots, reports all that messages-VERSION.json lists, is started remotely,
// charges 9 kWh, answers the calls that the file lists with the answers there,
// is stopped remotely and leaves. Each line it prints is a JSON object whose
// "what" is ready, charging, done, or refused: a message that broke the schema.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import rpc from 'ocpp-rpc';

console.warn = () => {}; // ajv remarks on the style of the official schemas

const [url, id, version, password] = process.argv.slice(2);
const say = (what, more) => console.log(JSON.stringify({ what, ...more }));
const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url)));

// messages returns a list of the version's file. That of 2.1 holds what is new,
// or said otherwise, since 2.0.1.
function messages(list) {
  if (version !== '2.1') return read(`messages-${version}.json`)[list];
  const added = read('messages-2.1.json')[list];
  const names = new Set(added.map(([action]) => action));
  return [...read('messages-2.0.1.json')[list].filter(([action]) => !names.has(action)), ...added];
}

// ocpp-rpc 2.2.1 ships the schemas of 2.1 by their official names
// (ResetRequest), yet looks them up by its own (Reset.req), so that its strict
// mode refuses every 2.1 message. Renamed, the same schemas serve.
function validator21() {
  const schemas = read('node_modules/ocpp-rpc/lib/schemas/ocpp2_1.json');
  for (const s of schemas) {
    s.$id = s.$id.replace(/Request$/, '.req').replace(/Response$/, '.conf');
  }
  return rpc.createValidator('ocpp2.1', schemas);
}

const client = new rpc.RPCClient({
  endpoint: url, identity: id, password, protocols: [`ocpp${version}`],
  strictMode: true, strictModeValidators: version === '2.1' ? [validator21()] : [],
  reconnect: false, callTimeoutMs: 20_000,
});
const refused = (action, error) => say('refused', { action, error: `${error.message} ${JSON.stringify(error.details ?? {})}` });
client.on('strictValidationFailure', (e) => refused(e.method, e.error));
client.on('badMessage', (e) => refused(String(e.buffer), e.error));
client.on('callError', (e) => refused(e.method, e.error));

const call = (action, payload) => client.call(action, payload);
const answers = messages('to_station').map(([action, , answer]) => [action, answer]);
const waiting = new Map(); // what the session waits for, by action

// asked is the payload of the first call of an action that fits.
const asked = (action, fits = () => true) => new Promise((resolve) => waiting.set(action, { fits, resolve }));

// A call is answered with what the messages say, in turn if they say it twice.
client.handle(({ method, params }) => {
  const wanted = waiting.get(method);
  if (wanted?.fits(params)) {
    wanted.resolve(params);
    waiting.delete(method);
  }
  const i = answers.findIndex(([action]) => action === method);
  if (i < 0) return { status: 'Accepted' };
  answers.push(...answers.splice(i, 1));
  return answers.at(-1)[1];
});

const end = Math.floor(Date.now() / 1000) * 1000;
const begin = end - 3_600_000;
const at = (ms) => new Date(ms).toISOString();
const register = 1_000_000; // Wh on the meter at the beginning

async function report() {
  for (const [action, payload] of messages('from_station')) await call(action, payload);
}

async function session16() {
  const boot = await call('BootNotification', { chargePointVendor: 'Example', chargePointModel: 'AC-22', chargePointSerialNumber: 'S-1', firmwareVersion: '5.0' });
  assert.equal(boot.status, 'Accepted');
  const status = (s) => call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: s, timestamp: at(Date.now()) });
  await status('Preparing');
  await report();
  const started = asked('RemoteStartTransaction');
  say('ready');
  const { idTag, connectorId } = await started;
  assert.equal((await call('Authorize', { idTag })).idTagInfo.status, 'Accepted');
  const { transactionId, idTagInfo } = await call('StartTransaction', { connectorId, idTag, meterStart: register, timestamp: at(begin) });
  assert.equal(idTagInfo.status, 'Accepted');
  await status('Charging');
  for (const quarter of [1, 2, 3]) {
    const sampledValue = [
      { value: String((register + 2_250 * quarter) / 1000), context: 'Sample.Periodic', measurand: 'Energy.Active.Import.Register', location: 'Outlet', unit: 'kWh' },
      { value: '9000', measurand: 'Power.Active.Import', unit: 'W' },
    ];
    await call('MeterValues', { connectorId, transactionId, meterValue: [{ timestamp: at(begin + quarter * 900_000), sampledValue }] });
  }
  const stopped = asked('RemoteStopTransaction', (q) => q.transactionId === transactionId);
  say('charging', { transaction: transactionId });
  await stopped;
  await call('StopTransaction', { transactionId, idTag, meterStop: register + 9_000, timestamp: at(end), reason: 'Remote' });
  await status('Available');
}

async function session2x() {
  const boot = await call('BootNotification', { reason: 'PowerUp', chargingStation: { vendorName: 'Example', model: 'AC-22', serialNumber: 'S-1', firmwareVersion: '5.0' } });
  assert.equal(boot.status, 'Accepted');
  const status = (s) => call('StatusNotification', { timestamp: at(Date.now()), connectorStatus: s, evseId: 1, connectorId: 1 });
  await status('Occupied');
  await report();
  if (version === '2.1') {
    // SEND, which the library does not know; an answer to it would be refused.
    client.sendRaw(JSON.stringify([6, randomUUID(), 'NotifyPeriodicEventStream', { id: 1, pending: 0, basetime: at(begin), data: [{ t: 1, v: '231' }] }]));
    await call('Heartbeat', {});
  }
  const started = asked('RequestStartTransaction');
  say('ready');
  const { idToken, evseId, remoteStartId } = await started;
  assert.equal((await call('Authorize', { idToken })).idTokenInfo.status, 'Accepted');
  const transactionId = randomUUID();
  let seqNo = 0;
  const event = (eventType, triggerReason, ms, wh, context, info, more) => call('TransactionEvent', {
    eventType, triggerReason, timestamp: at(ms), seqNo: seqNo++, transactionInfo: { transactionId, ...info }, ...more,
    meterValue: [{ timestamp: at(ms), sampledValue: [{ value: (register + wh) / 1000, context, measurand: 'Energy.Active.Import.Register', unitOfMeasure: { unit: 'Wh', multiplier: 3 } }] }],
  });
  const { idTokenInfo } = await event('Started', 'RemoteStart', begin, 0, 'Transaction.Begin', { chargingState: 'Charging', remoteStartId }, { idToken, evse: { id: evseId, connectorId: 1 } });
  assert.equal(idTokenInfo.status, 'Accepted');
  for (const quarter of [1, 2, 3]) {
    await event('Updated', 'MeterValuePeriodic', begin + quarter * 900_000, 2_250 * quarter, 'Sample.Periodic', { chargingState: 'Charging' });
  }
  const stopped = asked('RequestStopTransaction', (q) => q.transactionId === transactionId);
  say('charging', { transaction: transactionId });
  await stopped;
  await event('Ended', 'RemoteStop', end, 9_000, 'Transaction.End', { stoppedReason: 'Remote' });
  await status('Available');
}

await client.connect();
await (version === '1.6' ? session16() : session2x());
await client.close();
say('done');
