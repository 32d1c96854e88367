import { Channel } from './channel.ts';
import type { ChannelState } from './state.ts';
import type { Stream } from './stream.ts';

export function captureChannel(channel: Channel): ChannelState {
  const { stream, ...init } = channel.init;
  return {
    init,
    stream: stream.name,
    status: channel.status,
    ...(channel.statusReason === undefined ? {} : { statusReason: channel.statusReason }),
    tags: Object.fromEntries(channel.tags),
    freshnessSeconds: channel.freshnessSeconds,
    logging: channel.logging,
    positions: [...channel.positions],
    objects: channel.objects,
  };
}

/** A channel as it was left; one on its way to be ACTIVE has arrived. */
export function restoreChannel(state: ChannelState, stream: Stream): Channel {
  // JSON has no undefined: what was left out is so again.
  const { keyTemplate, keyId, ...init } = state.init;
  const channel = new Channel({ ...init, keyTemplate, keyId, stream, tags: state.tags });
  channel.status = state.status === 'FAILED' ? 'FAILED' : 'ACTIVE';
  channel.statusReason = state.statusReason;
  channel.freshnessSeconds = state.freshnessSeconds;
  channel.logging = state.logging;
  for (const [shard, next] of state.positions) channel.positions.set(shard, next);
  channel.objects = state.objects;
  return channel;
}
