// Publishes and follows with the npm client; prints one line of JSON with what it saw.
// Usage: node roundtrip.mjs URL VERSION TOKEN TOPIC [CA]
import { readFileSync } from 'node:fs'
import mqtt from 'mqtt'

const [url, version, token, topic, ca] = process.argv.slice(2)
const seen = []
const client = await mqtt.connectAsync(url, {
  protocolVersion: Number(version), username: 'any', password: token, clientId: 'npm-' + version, clean: true,
  reconnectPeriod: 0, connectTimeout: 8000, ca: ca ? readFileSync(ca) : undefined, ALPNProtocols: ca ? ['mqtt'] : undefined,
  properties: version === '5' ? { topicAliasMaximum: 5, receiveMaximum: 3 } : undefined,
  autoAssignTopicAlias: version === '5', autoUseTopicAlias: version === '5'
})
const finished = new Promise((resolve) => client.on('message', (name, payload, packet) => {
  seen.push({ topic: name, text: payload.toString(), qos: packet.qos, type: packet.properties?.contentType ?? null })
  if (seen.length === 33) resolve()
}))
await client.subscribeAsync(topic + '/#', { qos: 2 })
for (const qos of [0, 1, 2]) {
  for (let i = 0; i < 10; i++) {
    await client.publishAsync(`${topic}/${qos}`, `${i}`, version === '5' ? { qos, properties: { contentType: 'text/plain' } } : { qos })
  }
}
await Promise.all([0, 1, 2].map((qos) => client.publishAsync(`${topic}/last`, 'x'.repeat(100000), { qos })))
await finished
let refused = null
try { await client.publishAsync('nowhere', 'x', { qos: 1 }) } catch (error) { refused = error.code ?? String(error) }
await client.endAsync()
console.log(JSON.stringify({
  order: [0, 1, 2].every((qos) => seen.filter((m) => m.topic === `${topic}/${qos}`).map((m) => m.text).join('') === '0123456789'),
  qos: [0, 1, 2].map((qos) => seen.filter((m) => m.qos === qos).length),
  long: seen.filter((m) => m.text.length === 100000).length,
  typed: seen.filter((m) => m.type === 'text/plain').length,
  refused
}))
