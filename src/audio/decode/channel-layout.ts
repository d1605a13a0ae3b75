import { AV_CHANNEL_ORDER_AMBISONIC, AV_CHANNEL_ORDER_NATIVE, AV_CHANNEL_ORDER_UNSPEC } from 'node-av/constants'
import type { ChannelLayout, Frame } from 'node-av/lib'
import { MediaFault } from '../media-fault.ts'

/** FFmpeg's default layout for one to eight channels: mono, stereo, 2.1, 4.0, 5.0, 5.1, 6.1, 7.1. */
const DEFAULT_MASKS = [0x4n, 0x3n, 0xbn, 0x107n, 0x37n, 0x3fn, 0x70fn, 0x63fn]

/** Sets the default layout on a frame that has only a number of channels. The resampler refuses frames without a layout. */
export function nameChannels(frame: Frame): void {
  const { order, nbChannels } = frame.channelLayout
  if (order !== AV_CHANNEL_ORDER_UNSPEC) return
  const mask = DEFAULT_MASKS[nbChannels - 1]
  if (mask === undefined) throw cannotBeMixed(frame.channelLayout)
  frame.channelLayout = { nbChannels, order: AV_CHANNEL_ORDER_NATIVE, mask }
}

export function cannotBeMixed({ order, nbChannels }: ChannelLayout): MediaFault {
  const reason =
    order === AV_CHANNEL_ORDER_AMBISONIC
      ? `Its sound is ambisonic, with ${nbChannels} channels for all directions`
      : order === AV_CHANNEL_ORDER_UNSPEC
        ? `It has ${nbChannels} channels and does not say which is where`
        : `It has ${nbChannels} channels for places that are not known, or two for the same place`
  return new MediaFault('undecodable', `${reason}: there is no rule to mix it to stereo. Save it in stereo first.`)
}
