from oleoduto_jobs.etl.load import main

main()
