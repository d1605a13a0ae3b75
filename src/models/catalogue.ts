import type { ModelDescription } from './description.ts'

type WaveformDescription = Extract<ModelDescription, { kind: 'waveform' }>
type OfferedGraph = Omit<WaveformDescription['graphs'][number], 'sha256' | 'bytes' | 'file'> & {
  repository: string
  file: string
  /** The same weights as 16-bit floats: half the download, the same computation. */
  halfFile: string
}

/** A public model that can be installed by its name. The hub states the hashes of its files. */
export type Offer = Omit<WaveformDescription, 'graphs'> & { graphs: OfferedGraph[]; megabytes: number }

const ORGANISATION = 'StemSplitio'
const STEMS = ['drums', 'bass', 'other', 'vocals']

const common = {
  kind: 'waveform',
  waveform: { samples: 343_980 },
  licence: 'MIT',
  source: 'Hybrid Transformer Demucs (Rouard, Massa, Défossez, ICASSP 2023), Meta; as ONNX by StemSplitio',
} as const

function graph(repository: string, file: string, rows: string[], uses = rows): OfferedGraph {
  return {
    repository: `${ORGANISATION}/${repository}`,
    file: `${file}.onnx`,
    halfFile: `${file}_fp16weights.onnx`,
    input: 'mix',
    output: 'stems',
    rows,
    uses,
  }
}

/** `published`: median SDR in dB on MUSDB18-HQ's test songs, from table 1 of the paper (with extra training data). */
export const OFFERS: readonly Offer[] = [
  {
    ...common,
    name: 'htdemucs',
    title: 'Four stems (Hybrid Transformer Demucs)',
    stems: ['vocals', 'drums', 'bass', 'other'],
    rest: 'other',
    graphs: [graph('htdemucs-onnx', 'htdemucs', STEMS)],
    memoryMb: 3_600,
    secondsPerSegment: 2.4,
    megabytes: 150,
    sdrDb: { published: { vocals: 8.93, drums: 10.05, bass: 9.78, other: 6.42 }, measured: {} },
  },
  {
    ...common,
    name: 'htdemucs_ft',
    title: 'Four stems by four specialists (Hybrid Transformer Demucs, fine-tuned)',
    stems: ['vocals', 'drums', 'bass', 'other'],
    rest: 'other',
    graphs: STEMS.filter((stem) => stem !== 'other').map((stem) =>
      graph(`htdemucs-ft-${stem}-onnx`, `htdemucs_ft_${stem}`, STEMS, [stem]),
    ),
    memoryMb: 6_000,
    secondsPerSegment: 7.2,
    megabytes: 950,
    sdrDb: { published: { vocals: 9.2, drums: 10.08, bass: 10.39, other: 6.32 }, measured: {} },
  },
  {
    ...common,
    name: 'htdemucs_6s',
    title: 'Six stems, guitar and piano too (Hybrid Transformer Demucs)',
    stems: ['vocals', 'drums', 'bass', 'guitar', 'piano', 'other'],
    rest: 'other',
    graphs: [graph('htdemucs-6s-onnx', 'htdemucs_6s', ['drums', 'bass', 'other', 'vocals', 'guitar', 'piano'])],
    memoryMb: 3_600,
    secondsPerSegment: 2.4,
    megabytes: 150,
    sdrDb: { published: {}, measured: {} },
  },
]
