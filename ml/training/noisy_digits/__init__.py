"""Dense and convolutional networks on noisy digits."""
