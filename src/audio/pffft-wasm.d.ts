declare module '@echogarden/pffft-wasm/simd' {
  /** Instantiates the WebAssembly module. */
  const openPffft: () => Promise<unknown>
  // biome-ignore lint/style/noDefaultExport: that is how the package exports it
  export default openPffft
}
