package fault

func denyDescriptors(int) (restore func() error, err error) {
	return nil, &UnavailableError{"the limits of another process can be set on Linux only"}
}
