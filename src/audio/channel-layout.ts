import { AV_CHANNEL_ORDER_NATIVE, AV_CHANNEL_ORDER_UNSPEC } from 'node-av/constants'
import type { Frame } from 'node-av/lib'
import { MediaFault } from './media-fault.ts'

/** What so many channels mean in a file that does not say, as FFmpeg takes it: mono, stereo, 2.1, 4.0, 5.0, 5.1, 6.1, 7.1. */
const DEFAULT_MASKS = [0x4n, 0x3n, 0xbn, 0x107n, 0x37n, 0x3fn, 0x70fn, 0x63fn]

/** Names the channels of a frame that only counts them: the resampler refuses to guess. */
export function nameChannels(frame: Frame): void {
  const { order, nbChannels } = frame.channelLayout
  if (order !== AV_CHANNEL_ORDER_UNSPEC) return
  const mask = DEFAULT_MASKS[nbChannels - 1]
  if (mask === undefined) {
    throw new MediaFault('undecodable', `It has ${nbChannels} channels and does not say which is where.`)
  }
  frame.channelLayout = { nbChannels, order: AV_CHANNEL_ORDER_NATIVE, mask }
}
