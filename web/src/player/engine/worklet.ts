// In this order: the library registers its processor as soon as it is read.
import './capture.ts'
import 'signalsmith-stretch'
