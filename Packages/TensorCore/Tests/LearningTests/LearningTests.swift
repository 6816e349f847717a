// LearningTests
