/** Whether a message reports a failed allocation. ONNX Runtime, the C++ library and V8 give no error code for it. */
export function isOutOfMemory(message: string): boolean {
  return /bad_alloc|out of memory|allocation failed|failed to allocate/i.test(message)
}
