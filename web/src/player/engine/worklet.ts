// The order matters: the library registers its processor as soon as it is evaluated.
import './capture.ts'
import 'signalsmith-stretch'
