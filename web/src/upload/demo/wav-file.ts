const HEADER_BYTES = 44
const BYTES_A_SAMPLE = 2

/** A WAV file of 16 bits (RIFF, Microsoft 1991). @param channels samples from -1 to 1, as many in each channel */
export function wavFile(channels: readonly Float32Array[], sampleRate: number): ArrayBuffer {
  const samples = channels[0]?.length ?? 0
  const frameBytes = channels.length * BYTES_A_SAMPLE
  const dataBytes = samples * frameBytes
  const file = new ArrayBuffer(HEADER_BYTES + dataBytes)
  const view = new DataView(file)
  const text = (at: number, letters: string) => new Uint8Array(file, at).set(new TextEncoder().encode(letters))
  text(0, 'RIFF')
  view.setUint32(4, file.byteLength - 8, true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, channels.length, true)
  view.setUint32(24, sampleRate, true)
  view.setUint32(28, sampleRate * frameBytes, true)
  view.setUint16(32, frameBytes, true)
  view.setUint16(34, 8 * BYTES_A_SAMPLE, true)
  text(36, 'data')
  view.setUint32(40, dataBytes, true)
  channels.forEach((channel, index) => {
    channel.forEach((sample, at) => {
      view.setInt16(HEADER_BYTES + at * frameBytes + index * BYTES_A_SAMPLE, Math.round(32_767 * sample), true)
    })
  })
  return file
}
