import { X509Certificate } from 'node:crypto';
import { Agent, request } from 'node:https';
import { connect } from 'node:http2';
import { createServer, type AddressInfo } from 'node:net';
import { connect as connectTls } from 'node:tls';

import {
  KinesisClient,
  ListStreamsCommand,
  PutRecordCommand,
  RegisterStreamConsumerCommand,
  SubscribeToShardCommand,
} from '@aws-sdk/client-kinesis';
import { createManualClock } from '@millrace/kinesis/testing';
import { NodeHttp2Handler, NodeHttpHandler } from '@smithy/node-http-handler';
import { describe, expect, test } from 'vitest';

import { startServer, type LocalServer } from '../../src/index.ts';
import { createCertificate } from '../../src/server/certificate.ts';
import { resolveCertificate } from '../../src/server/tls.ts';

const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };

describe('the TLS port', () => {
  test('serves clients that trust its certificate over HTTP/1.1', async () => {
    await using server = await startServer({ port: 0, tls: true, streams: { orders: {} } });
    const client = new KinesisClient({
      endpoint: endpointOf(server),
      region: 'us-east-1',
      credentials,
      requestHandler: new NodeHttpHandler({ httpsAgent: new Agent({ ca: server.certificate }) }),
    });
    expect((await client.send(new ListStreamsCommand({}))).StreamNames).toEqual(['orders']);
    client.destroy();
  });

  test('serves HTTP/2 to clients that ask for it at the handshake, subscriptions included', async () => {
    await using server = await startServer({ port: 0, tls: true, streams: { orders: {} } });
    const client = new KinesisClient({
      endpoint: endpointOf(server),
      region: 'us-east-1',
      credentials,
      requestHandler: new NodeHttp2Handler({ nodeHttp2ConnectOptions: { ca: server.certificate } }),
    });
    const { Consumer } = await client.send(
      new RegisterStreamConsumerCommand({
        StreamARN: server.kinesis.engine.stream('orders').arn,
        ConsumerName: 'billing',
      }),
    );
    const { EventStream } = await client.send(
      new SubscribeToShardCommand({
        ConsumerARN: Consumer?.ConsumerARN,
        ShardId: 'shardId-000000000000',
        StartingPosition: { Type: 'LATEST' },
      }),
    );
    await client.send(
      new PutRecordCommand({ StreamName: 'orders', PartitionKey: 'a', Data: Buffer.from('one') }),
    );
    const { value } = (await EventStream?.[Symbol.asyncIterator]().next()) ?? {};
    expect(value?.SubscribeToShardEvent?.Records).toHaveLength(1);
    client.destroy();
  });

  test('lets the client choose the protocol, and takes HTTP/1.1 when it does not', async () => {
    await using server = await startServer({ port: 0, tls: true });
    expect(await negotiated(server, ['h2', 'http/1.1'])).toBe('h2');
    expect(await negotiated(server, ['http/1.1'])).toBe('http/1.1');
    expect(await negotiated(server, undefined)).toBe(false);
  });

  test('takes HTTP/2 with prior knowledge, as the AWS SDK for Java speaks it', async () => {
    await using server = await startServer({ port: 0, tls: true });
    const { hostname: host, port } = new URL(endpointOf(server));
    const session = connect(endpointOf(server), {
      createConnection: () => connectTls({ host, port: Number(port), ca: server.certificate }),
    });
    const call = session.request({ ':method': 'GET', ':path': '/' });
    const status = await new Promise((resolve, reject) => {
      call.on('response', (headers) => resolve(headers[':status']));
      call.on('error', reject);
    });
    expect(status).toBe(403);
    session.destroy();
  });

  test('is not trusted by clients that were not told of its certificate', async () => {
    await using server = await startServer({ port: 0, tls: true });
    const refused = new Promise((resolve, reject) => {
      request(endpointOf(server), resolve).on('error', reject).end();
    });
    await expect(refused).rejects.toThrow(/self-signed/);
  });

  test('outlives a client that speaks no TLS, and leaves the cleartext port as it was', async () => {
    await using server = await startServer({ port: 0, tls: true });
    const session = connect(server.tlsEndpoint?.replace('https', 'http') ?? '');
    await new Promise((resolve) => {
      session.on('error', () => undefined);
      session.once('close', resolve);
    });
    expect(await negotiated(server, ['h2'])).toBe('h2');
    const client = new KinesisClient({ endpoint: server.endpoint, region: 'us-east-1', credentials });
    expect((await client.send(new ListStreamsCommand({}))).StreamNames).toEqual([]);
    client.destroy();
  });

  test('serves with the key and certificate it is given, and says when they are none', async () => {
    const given = resolveCertificate(true, ['kinesis.test']);
    await using server = await startServer({ port: 0, tls: given });
    expect(server.certificate).toBe(given.cert);
    await expect(startServer({ port: 0, tls: { key: 'k', cert: 'c' } })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
    });
    const other = resolveCertificate(true, []);
    await expect(startServer({ port: 0, tls: { key: other.key, cert: given.cert } })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
    });
  });

  test('that is taken leaves neither port open', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port: tlsPort } = taken.address() as AddressInfo;
    const free = await freePort();
    await expect(startServer({ port: free, tls: true, tlsPort })).rejects.toMatchObject({
      code: 'PORT_TAKEN',
    });
    await using server = await startServer({ port: free });
    expect(server.tlsEndpoint).toBeUndefined();
    await new Promise((resolve) => taken.close(resolve));
  });

  test('is there beside a manual clock, whose time its certificate does not follow', async () => {
    const clock = createManualClock({ start: Date.UTC(1999, 0, 1) });
    await using server = await startServer({ port: 0, tls: true, clock });
    expect(await negotiated(server, ['h2'])).toBe('h2');
  });
});

describe('a generated certificate', () => {
  test('is good for localhost, its addresses and the hosts named, and for nothing else', () => {
    const { cert, key } = resolveCertificate(true, ['kinesis.test', '10.1.2.3', 'fd00::12:0:7']);
    const certificate = new X509Certificate(cert);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(key).toContain('PRIVATE KEY');
    for (const name of ['localhost', 'kinesis.test']) expect(certificate.checkHost(name)).toBe(name);
    expect(certificate.checkHost('example.com')).toBeUndefined();
    for (const address of ['127.0.0.1', '::1', '10.1.2.3', 'fd00::12:0:7']) {
      expect(certificate.checkIP(address)).toBe(address);
    }
    expect(certificate.checkIP('10.1.2.4')).toBeUndefined();
  });

  test('is valid from an hour ago for a year, before and after the year 2050', () => {
    for (const now of [Date.UTC(2026, 5, 1), Date.UTC(2049, 11, 31, 12), Date.UTC(2100, 0, 1)]) {
      const { cert } = createCertificate({ names: ['localhost'], addresses: [], now });
      const { validFrom, validTo } = new X509Certificate(cert);
      expect(Date.parse(validFrom)).toBe(now - 3_600_000);
      expect(Date.parse(validTo)).toBe(now + 365 * 24 * 3_600_000);
    }
  });

  test('is another one each time, by key and by number', () => {
    const [one, two] = [resolveCertificate(true, []), resolveCertificate(true, [])].map(
      ({ cert }) => new X509Certificate(cert),
    );
    expect(one?.serialNumber).not.toBe(two?.serialNumber);
    expect(one?.fingerprint256).not.toBe(two?.fingerprint256);
  });
});

function endpointOf(server: LocalServer): string {
  if (server.tlsEndpoint === undefined) throw new Error('There is no TLS port.');
  return server.tlsEndpoint;
}

function negotiated(server: LocalServer, protocols: string[] | undefined): Promise<string | false | null> {
  const { hostname: host, port } = new URL(endpointOf(server));
  return new Promise((resolve, reject) => {
    const socket = connectTls(
      {
        host,
        port: Number(port),
        ca: server.certificate,
        ...(protocols === undefined ? {} : { ALPNProtocols: protocols }),
      },
      () => {
        resolve(socket.alpnProtocol);
        socket.destroy();
      },
    );
    socket.on('error', reject);
  });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
