/**
 * Turns off the telemetry of ONNX Runtime, which reports to its maker and writes a device id into the user's cache. It has to
 * be off before the library loads. The launcher does it for every process of the program; this is for other programs.
 * A thread cannot do it: native code does not see the `process.env` of a thread, which is a copy.
 */
process.env['ORT_DISABLE_TELEMETRY'] = '1'
