/**
 * ONNX Runtime reports to a collector of its maker's, and keeps a device id in the user's cache, unless this is set before
 * the library loads. The launcher sets it for all processes; this is for programs that load the library without it.
 * A thread cannot set it: its `process.env` is a copy that native code does not see.
 */
process.env['ORT_DISABLE_TELEMETRY'] = '1'
